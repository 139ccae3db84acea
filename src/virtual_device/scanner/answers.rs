//! What the scanner answers to each request (eSCL reference, 3 and 6.3).

use std::io::Write as _;

use super::super::fault::FaultName;
use super::super::http_server::{Answer, Body, Pull, Request, Response, Service};
use super::super::model::LocationStyle;
use super::documents::{self, JobLine, Status};
use super::job::{Job, JobState};
use super::pages::NextSide;
use super::settings::{PaperSource, Refusal, Settings, parse_settings};
use super::{JOBS_LISTED, PageBody, REQUESTS_LISTED, ROOT, Scanner, Trouble};
use crate::clock::Moment;

type Reply = Response<PageBody>;

impl Service for Scanner {
    type Stream = PageBody;

    fn received(&mut self, now: Moment, request: &Request) -> Option<Reply> {
        self.advance(now);
        if self.requests.len() >= REQUESTS_LISTED {
            self.requests.drain(..REQUESTS_LISTED / 2);
        }
        self.requests.push(format!("{} {}", request.method, request.path));
        self.faults.requests += 1;
        if let Some(("NextDocument", index)) = self.job_resource(&request.path)
            && self.jobs[index].under_way.is_none()
        {
            self.faults.page = Some((self.jobs[index].begun + 1, 0));
        }
        self.misbehave(now);
        if self.faults.fires(FaultName::Html) {
            return Some(Response::of(200, "text/html", documents::web_page(self.model)));
        }
        if self.faults.fires(FaultName::Unavailable) {
            return Some(self.busy());
        }
        if request.field("host").is_none() {
            return Some(Response::empty(400));
        }
        None
    }

    fn answer(&mut self, now: Moment, request: &Request) -> Answer<PageBody> {
        self.advance(now);
        let path = request.path.trim_end_matches('/');
        let Some(resource) = path.strip_prefix(ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
            let page = Response::of(200, "text/html", documents::web_page(self.model));
            return Answer::Now(if path.is_empty() { page } else { Response::empty(404) });
        };
        let method = request.method.as_str();
        let reply = match (method, resource) {
            ("GET" | "HEAD", "/ScannerCapabilities") => self.xml(request, documents::capabilities(self.model)),
            ("GET" | "HEAD", "/ScannerStatus") => self.xml(request, self.status(now)),
            ("POST", "/ScanJobs") => self.create_job(now, request),
            (_, "/ScannerCapabilities" | "/ScannerStatus" | "/ScanJobs") => Response::empty(405),
            _ => match (method, self.job_resource(path)) {
                ("GET", Some(("NextDocument", index))) => return self.next_document(now, index),
                ("GET", Some(("ScanImageInfo", index))) => self.image_info(request, index),
                ("DELETE", Some(("", index))) => Response::empty(if self.delete(index, now) { 200 } else { 404 }),
                (_, Some(_)) => Response::empty(405),
                (_, None) => Response::empty(404),
            },
        };
        Answer::Now(reply)
    }

    fn pull(&mut self, now: Moment, stream: &PageBody) -> Pull {
        self.pull_page(now, stream)
    }

    fn abandon(&mut self, now: Moment, stream: PageBody) {
        if let Some(index) = self.position(&stream.job) {
            self.abort_page(index, now);
        }
    }
}

impl Scanner {
    /// The job a path names, and what of it.
    fn job_resource<'p>(&self, path: &'p str) -> Option<(&'p str, usize)> {
        let rest = path.trim_end_matches('/').strip_prefix(ROOT)?.strip_prefix("/ScanJobs/")?;
        let (name, resource) = rest.split_once('/').unwrap_or((rest, ""));
        Some((resource, self.position(name)?))
    }

    fn xml(&self, request: &Request, document: Vec<u8>) -> Reply {
        let packed =
            self.model.quirks.gzip && request.field("accept-encoding").is_some_and(|list| list.contains("gzip"));
        let packed = packed.then(|| gzip(&document)).flatten();
        let body = packed.clone().unwrap_or(document);
        let framed = if self.model.quirks.without_content_length { Body::Chunked(body) } else { Body::Sized(body) };
        let reply = Response { status: 200, fields: vec![("Content-Type", "text/xml".to_owned())], body: framed };
        if packed.is_some() { reply.with("Content-Encoding", "gzip") } else { reply }
    }

    fn busy(&self) -> Reply {
        let mut reply = Response::empty(503).with("Retry-After", "1");
        if self.model.quirks.without_content_length {
            reply.body = Body::Unframed(b"busy\n".to_vec());
        }
        reply
    }

    fn status(&self, now: Moment) -> Vec<u8> {
        let active = self.active().map(|index| &self.jobs[index]);
        let warming = active.is_some_and(|job| job.begun == 0 && job.ready_at > now);
        let state = match (self.trouble, active) {
            (Some(_), _) => "Stopped",
            (None, Some(_)) if warming => "Testing",
            (None, Some(_)) => "Processing",
            (None, None) => "Idle",
        };
        let reason = self.trouble.map(|trouble| match trouble {
            Trouble::Jam => "MediaJam",
            Trouble::CoverOpen => "CoverOpen",
            Trouble::MultiFeed => "AttentionRequired",
        });
        let adf_state = self.model.feeder.as_ref().map(|_| match (self.trouble, active) {
            (Some(Trouble::Jam), _) => "ScannerAdfJam",
            (Some(Trouble::CoverOpen), _) => "ScannerAdfHatchOpen",
            (Some(Trouble::MultiFeed), _) => "ScannerAdfMultipickDetected",
            (None, Some(job)) if job.uses_feeder() => "ScannerAdfProcessing",
            (None, _) if self.feeder.left() > 0 => "ScannerAdfLoaded",
            (None, _) => "ScannerAdfEmpty",
        });
        let jobs: Vec<JobLine> = self.jobs.iter().rev().map(|job| self.job_line(job, now)).collect();
        documents::status(self.model, &Status { state, reason, adf_state, jobs: &jobs })
    }

    fn job_line(&self, job: &Job, now: Moment) -> JobLine {
        JobLine {
            uri: format!("{ROOT}/ScanJobs/{}", job.name),
            uuid: format!("urn:uuid:{}", job.name),
            age_seconds: now.since(job.created).as_secs(),
            images_completed: job.sent,
            images_to_transfer: u32::from(job.under_way.is_some()) + job.drawn.len() as u32,
            state: job.state.name(),
            reason: job.reason,
        }
    }

    fn create_job(&mut self, now: Moment, request: &Request) -> Reply {
        let content_type = request.field("content-type").unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if !["text/xml", "application/xml", "application/x-www-form-urlencoded"].contains(&kind) {
            return Response::empty(415);
        }
        let settings = match parse_settings(self.model, &request.body) {
            Ok(settings) => settings,
            Err(Refusal::Malformed) => return Response::empty(400),
            Err(Refusal::Conflict) => return Response::empty(409),
        };
        if self.active().is_some() {
            return self.busy();
        }
        let from_feeder = settings.source != PaperSource::Platen;
        let no_paper = from_feeder && self.feeder.left() == 0 && !self.model.quirks.accepts_job_without_paper;
        let cover = self.trouble == Some(Trouble::CoverOpen);
        if no_paper || cover || (from_feeder && self.trouble.is_some()) {
            return Response::empty(409);
        }
        let name = self.begin_job(now, settings);
        let location = self.location(request, &name);
        Response::empty(201).with("Location", location)
    }

    /// Begins a job; its name.
    pub(super) fn begin_job(&mut self, now: Moment, settings: Settings) -> String {
        self.jobs_begun += 1;
        let name = if self.model.uuid.is_empty() {
            self.jobs_begun.to_string()
        } else {
            format!("{}{:012x}", &self.model.uuid[..24], self.jobs_begun)
        };
        let warm = now < self.lamp_warm_until || self.page_time.is_none();
        let warm_up = std::time::Duration::from_secs(u64::from(self.model.quirks.warm_up_seconds));
        if self.jobs.len() >= JOBS_LISTED {
            self.jobs.remove(0);
        }
        self.jobs.push(Job {
            name: name.clone(),
            settings,
            state: JobState::Processing,
            reason: "JobScanning",
            created: now,
            ready_at: if warm { now } else { now + warm_up },
            drawn: std::collections::VecDeque::new(),
            mechanism_free: now,
            under_way: None,
            last_image: None,
            begun: 0,
            sent: 0,
            busy_left: self.model.quirks.busy_answers,
            break_off: false,
            cut_short: false,
            endless: false,
            released: false,
            last_used: now,
        });
        name
    }

    fn location(&self, request: &Request, name: &str) -> String {
        let path = format!("{ROOT}/ScanJobs/{name}");
        match self.model.quirks.location {
            LocationStyle::Absolute => format!("http://{}{path}", request.field("host").unwrap_or("localhost")),
            LocationStyle::Relative => path,
            LocationStyle::BogusHost => format!("http://BR54BF640F7D1E.03f011c2.hpLedmUSB{path}"),
        }
    }

    fn next_document(&mut self, now: Moment, index: usize) -> Answer<PageBody> {
        self.jobs[index].last_used = now;
        let job = &self.jobs[index];
        match job.state {
            JobState::Processing => {}
            JobState::Canceled => return Answer::Now(Response::empty(410)),
            JobState::Completed | JobState::Aborted => return Answer::Now(Response::empty(404)),
        }
        if job.under_way.is_some() {
            return Answer::Now(self.busy());
        }
        if job.busy_left > 0 {
            self.jobs[index].busy_left -= 1;
            return Answer::Now(self.busy());
        }
        let side = match self.next_side(index, now) {
            NextSide::None => return Answer::Now(Response::empty(404)),
            NextSide::Later(at) => return Answer::Later(at),
            NextSide::Here(side) => side,
        };
        if self.faults.fires(FaultName::LostPage) {
            self.lose_page(index, now);
            return Answer::Now(Response { status: 200, fields: Vec::new(), body: Body::Chunked(Vec::new()) });
        }
        let body = self.begin_page(index, side, now);
        let document = self.documents_begun;
        let content_type = match self.jobs[index].settings.format {
            super::ImageFormat::Jpeg => "image/jpeg",
            super::ImageFormat::Raw => "application/octet-stream",
        };
        let fields = vec![
            ("Content-Type", content_type.to_owned()),
            ("Content-Location", format!("{ROOT}/ScanJobs/{}/Page{document}", body.job)),
        ];
        Answer::Now(Response { status: 200, fields, body: Body::Stream(body) })
    }

    fn image_info(&mut self, request: &Request, index: usize) -> Reply {
        if self.faults.fires(FaultName::NoImageInfo) {
            return Response::empty(404);
        }
        let job = &self.jobs[index];
        let Some(image) = job.last_image.filter(|_| job.under_way.is_none()) else { return Response::empty(404) };
        let row_bytes = match image.format {
            super::ImageFormat::Raw => image.layout().stride,
            super::ImageFormat::Jpeg => image.pixels.row_bytes(image.raster.width),
        };
        let uri = format!("{ROOT}/ScanJobs/{}", job.name);
        let (width, height) = (image.raster.width, image.raster.height);
        self.xml(request, documents::image_info(self.model, &uri, width, height, row_bytes, image.face.is_blank()))
    }
}

fn gzip(document: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(document).ok()?;
    encoder.finish().ok()
}
