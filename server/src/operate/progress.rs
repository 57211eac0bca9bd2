//! How far a task has come: a bar on a terminal, a line for each stage elsewhere. On stderr, so that reports can be piped.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use planseal_store::upkeep::Progress;

/// Shows progress.
pub(super) struct Shown {
    began: Instant,
    on_terminal: bool,
    stage: Mutex<Option<(&'static str, ProgressBar)>>,
}

/// Half a second: what is done sooner needs no bar (UX §3).
const SHOWN_AFTER: Duration = Duration::from_millis(500);

impl Shown {
    pub(super) fn on_stderr() -> Self {
        Self {
            began: Instant::now(),
            on_terminal: std::io::stderr().is_terminal(),
            stage: Mutex::new(None),
        }
    }

    /// Told often; draws a few times a second.
    pub(super) fn show(&self, progress: Progress) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = match stage.take() {
            Some((name, bar)) if name == progress.stage => bar,
            before => {
                drop(before);
                self.begin(&progress)
            }
        };
        if self.began.elapsed() >= SHOWN_AFTER && self.on_terminal && bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
        *stage = Some((progress.stage, bar));
    }

    /// A bar that is drawn once the task has taken a while.
    fn begin(&self, progress: &Progress) -> ProgressBar {
        if !self.on_terminal {
            eprintln!("{}", progress.stage);
        }
        let bar = ProgressBar::with_draw_target(progress.total, ProgressDrawTarget::hidden());
        let template = match progress.total {
            Some(_) => "{msg} {bar:30} {pos}/{len} {eta}",
            None => "{msg} {spinner} {pos}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(progress.stage);
        bar
    }
}

impl Drop for Shown {
    /// The line is left to whatever is printed next.
    fn drop(&mut self) {
        let stage = self.stage.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bar)) = stage.take() {
            bar.finish_and_clear();
        }
    }
}
