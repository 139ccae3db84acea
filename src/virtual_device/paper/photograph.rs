//! A photograph: a lake below mountains in the evening, computed once.

use std::sync::OnceLock;

use super::noise::{detailed_at, smooth_at};

const WIDTH: usize = 1100;
const HEIGHT: usize = 760;
/// Where the water begins, as a share of the height.
const SHORE: f32 = 0.64;

/// The colour at a place of the picture, both 0 to 1.
pub(super) fn color_at(u: f32, v: f32) -> [f32; 3] {
    static TAKEN: OnceLock<Vec<[u8; 3]>> = OnceLock::new();
    let picture = TAKEN.get_or_init(take);
    let (x, y) = ((u * WIDTH as f32 - 0.5).max(0.0), (v * HEIGHT as f32 - 0.5).max(0.0));
    let (left, top) = ((x as usize).min(WIDTH - 1), (y as usize).min(HEIGHT - 1));
    let (right, bottom) = ((left + 1).min(WIDTH - 1), (top + 1).min(HEIGHT - 1));
    let (fx, fy) = (x - left as f32, y - top as f32);
    std::array::from_fn(|channel| {
        let at = |x: usize, y: usize| f32::from(picture[y * WIDTH + x][channel]);
        let above = at(left, top) + (at(right, top) - at(left, top)) * fx;
        let below = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * fx;
        above + (below - above) * fy
    })
}

fn take() -> Vec<[u8; 3]> {
    let mut picture = Vec::with_capacity(WIDTH * HEIGHT);
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let (u, v) = (column as f32 / WIDTH as f32, row as f32 / HEIGHT as f32);
            let color = seen(u, v);
            // Corners of a lens are darker.
            let (du, dv) = (u - 0.5, v - 0.5);
            let light = 1.0 - 0.42 * (du * du + dv * dv);
            picture.push(color.map(|value| (value * light).clamp(0.0, 255.0) as u8));
        }
    }
    picture
}

fn seen(u: f32, v: f32) -> [f32; 3] {
    if let Some(tree) = trees(u, v) {
        return tree;
    }
    if v < SHORE {
        return above_water(u, v);
    }
    let depth = (v - SHORE) / (1.0 - SHORE);
    let ripple = smooth_at(u * 22.0 / (0.25 + depth), v * 260.0 / (0.4 + depth)) * (0.004 + 0.03 * depth);
    let mirrored = (SHORE - (v - SHORE) * 0.95 + ripple).clamp(0.0, SHORE - 0.002);
    let sky = above_water((u + ripple * 0.4).clamp(0.0, 1.0), mirrored);
    let glint = (smooth_at(u * 60.0, v * 420.0) - 0.55).max(0.0) * 90.0 * depth;
    let water = [16.0, 44.0, 62.0];
    let share = 0.28 + 0.3 * depth;
    std::array::from_fn(|channel| sky[channel] * 0.9 * (1.0 - share) + water[channel] * share + glint)
}

fn above_water(u: f32, v: f32) -> [f32; 3] {
    let haze = [226.0, 176.0, 150.0];
    let ridges: [(f32, f32, f32, [f32; 3], f32); 3] = [
        (0.56, 0.10, 9.0, [34.0, 52.0, 58.0], 0.10),
        (0.46, 0.17, 5.0, [58.0, 72.0, 96.0], 0.36),
        (0.36, 0.26, 2.6, [92.0, 96.0, 128.0], 0.55),
    ];
    for (base, reach, pace, rock, far) in ridges {
        let ridge = base - (0.5 + detailed_at(u * pace + base * 40.0, base * 9.0, 6)) * reach;
        if v < ridge {
            continue;
        }
        let depth = (v - ridge) / (SHORE - ridge).max(0.01);
        let relief = detailed_at(u * 26.0 + v * 14.0, v * 30.0 + base * 50.0, 4);
        let snow = base < 0.4 && depth + relief * 0.35 < 0.22;
        let stone = if snow { [236.0, 226.0, 224.0] } else { rock };
        let light = 1.0 + relief * 0.55;
        let fog = (far + depth * 0.25).min(0.85);
        return std::array::from_fn(|channel| stone[channel] * light * (1.0 - fog) + haze[channel] * fog);
    }
    sky(u, v)
}

fn sky(u: f32, v: f32) -> [f32; 3] {
    let height = (v / 0.55).clamp(0.0, 1.0);
    let (zenith, horizon) = ([64.0, 104.0, 168.0], [250.0, 196.0, 148.0]);
    let mut color: [f32; 3] =
        std::array::from_fn(|channel| zenith[channel] + (horizon[channel] - zenith[channel]) * height.powf(1.25));
    let (du, dv) = ((u - 0.66) * 1.4, v - 0.31);
    let sun = (-(du * du + dv * dv) * 34.0).exp() * 0.8;
    let cloud = (detailed_at(u * 3.4 + 3.0, v * 11.0, 6) + 0.12).clamp(0.0, 0.45) / 0.45;
    let lit = [255.0, 214.0, 190.0];
    for channel in 0..3 {
        color[channel] += (lit[channel] - color[channel]) * cloud * 0.75;
        color[channel] += ([255.0, 240.0, 200.0][channel] - color[channel]) * sun;
    }
    color
}

/// Firs on the near shore, to the left and to the right.
fn trees(u: f32, v: f32) -> Option<[f32; 3]> {
    for index in 0..16 {
        let place = index as f32 * 0.618;
        let share = place - place.floor();
        let root = if index % 2 == 0 { share * 0.30 } else { 0.84 + share * 0.2 };
        let height = 0.22 + 0.20 * ((index * 7 % 5) as f32 / 5.0);
        let foot = 0.985 - (index % 3) as f32 * 0.02;
        let up = (foot - v) / height;
        if !(0.0..1.0).contains(&up) {
            continue;
        }
        // Branches in tiers, narrower towards the top, frayed at their ends.
        let tier = (up * 13.0).fract();
        let reach = (1.0 - up) * 0.052 * (0.55 + 0.45 * (1.0 - tier)) + smooth_at(u * 420.0, v * 300.0) * 0.006;
        let beside = (u - root).abs();
        if beside < reach.max(0.0022) {
            let light = 1.0 + smooth_at(u * 300.0, v * 260.0) * 0.5 + (root - u) * 5.0;
            return Some([17.0 * light, 28.0 * light, 24.0 * light]);
        }
    }
    let ground = 0.93 + detailed_at(u * 6.0, 3.0, 4) * 0.05;
    (v > ground).then(|| {
        let light = 1.0 + detailed_at(u * 90.0, v * 120.0, 3);
        [38.0 * light, 42.0 * light, 26.0 * light]
    })
}
