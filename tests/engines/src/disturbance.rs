//! What goes wrong around the nodes of a trial.

use std::process::Command;
use std::time::Duration;

use crate::fault::Faults;
use crate::light_s3::LightS3;

/// Something that goes wrong while nodes die.
pub trait Disturbance: Send + Sync {
    /// Something goes wrong, or stops going wrong.
    fn disturb(&self, step: u64);
    /// Everything is well again when it returns.
    fn calm(&self);
}

/// Storms over a light S3 server, with a short outage in every second one.
pub struct Weather<'a>(pub &'a LightS3);

impl Disturbance for Weather<'_> {
    fn disturb(&self, step: u64) {
        self.0.set_faults(Faults::storm(step));
        if step % 2 == 1 {
            self.0.go_out_for(OUTAGE);
        }
    }

    fn calm(&self) {
        self.0.set_faults(Faults::none());
    }
}

/// Long enough that every client meets it, short enough that its repetitions outlast it.
const OUTAGE: Duration = Duration::from_millis(400);

/// A program that disturbs: called with `disturb STEP`, and with `calm` at the end.
pub struct Script(pub String);

impl Disturbance for Script {
    fn disturb(&self, step: u64) {
        self.call(&["disturb", &step.to_string()]);
    }

    fn calm(&self) {
        self.call(&["calm"]);
    }
}

impl Script {
    /// A script that fails is seen in its own output, and in what the trial then finds.
    fn call(&self, arguments: &[&str]) {
        match Command::new(&self.0).args(arguments).status() {
            Ok(status) if status.success() => {}
            Ok(status) => eprintln!("{} {arguments:?} ended with {status}", self.0),
            Err(found) => eprintln!("{} does not start: {found}", self.0),
        }
    }
}

/// Nothing goes wrong but that nodes die.
pub struct Calm;

impl Disturbance for Calm {
    fn disturb(&self, _: u64) {}
    fn calm(&self) {}
}
