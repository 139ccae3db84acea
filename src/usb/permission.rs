//! The udev rule that lets the person at the computer use a scanner, and how it is installed.
//!
//! The sentence a refused person reads is made elsewhere, from these.

/// The rule file, as shipped in `assets/udev/`.
pub const UDEV_RULE: &str = include_str!("../../assets/udev/70-lightbar.rules");

/// Where the rule belongs. The name must sort before `73-seat-late.rules`.
pub const UDEV_RULE_PATH: &str = "/etc/udev/rules.d/70-lightbar.rules";

/// The one line, to be pasted into a terminal, that installs the rule and makes it count at once,
/// for devices that are plugged in too. It needs no file of ours: a program that was copied alone
/// has none. What it writes means the same as [`UDEV_RULE`].
pub const INSTALL_COMMAND: &str = concat!(
    r#"echo 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", "#,
    r#"ENV{ID_USB_INTERFACES}=="*:0701??:*|*:ff0901:*|*:060101:*|*:ff4c01:*", TAG+="uaccess"' "#,
    "| sudo tee /etc/udev/rules.d/70-lightbar.rules && sudo udevadm control --reload ",
    "&& sudo udevadm trigger --subsystem-match=usb"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_sorts_before_the_one_that_reads_its_tag() {
        let name = UDEV_RULE_PATH.rsplit('/').next().expect("a file name");
        assert!(name < "73-seat-late.rules");
        assert!(UDEV_RULE.contains("install -m 644 70-lightbar.rules /etc/udev/rules.d/"));
    }

    #[test]
    fn every_line_of_the_rule_is_a_comment_or_key_value_pairs() {
        for line in UDEV_RULE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            for pair in line.split(", ") {
                let (key, value) = pair.split_once(['=', '!', '+']).expect("an operator");
                assert!(key.starts_with(|c: char| c.is_ascii_uppercase()), "{pair}");
                assert!(value.ends_with('"') && value.contains('"'), "{pair}");
            }
        }
    }

    #[test]
    fn the_command_is_one_line_that_a_shell_reads_as_meant() {
        assert!(INSTALL_COMMAND.contains(UDEV_RULE_PATH));
        assert!(!INSTALL_COMMAND.contains('\n') && INSTALL_COMMAND.matches('\'').count() == 2);
        for kind in ["0701??", "ff0901", "060101", "ff4c01"] {
            assert!(INSTALL_COMMAND.contains(kind) && UDEV_RULE.contains(kind), "{kind}");
        }
    }
}
