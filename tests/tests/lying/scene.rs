//! A scene: one service that is honest first and then lies, seen by the three who can notice: core's verifier with what
//! the service serves, the hand tool over the network, and a monitor that followed the log before.

use std::path::PathBuf;
use std::process::Command;

use planseal::bundle::Bundle;
use planseal::check::{Question, Reader, State, Verdict};
use planseal::code::Pointer;
use planseal::envelope::SignedObject;
use planseal::statement::Kind;
use planseal::trust::TrustPolicy;
use planseal_store::{Clock as _, SystemClock};
use planseal_tests::programs::{PROGRAMS, run, said};
use tempfile::TempDir;

use crate::cast::{CAST, Signed};
use crate::liar::{Liar, RUNTIME};

/// What the monitor comes to (its exit codes).
pub(crate) const CONSISTENT: i32 = 0;
pub(crate) const CONTRADICTION: i32 = 20;
pub(crate) const UNEXPECTED: i32 = 21;
pub(crate) const NOT_CONFIRMED: i32 = 22;

/// Where a reader keeps trust list and snapshot.
const KEPT: &str = "kept";

/// What everybody is expected to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// While the service is honest: the control.
    pub(crate) honest: State,
    /// The verifier and the hand tool, when it lies.
    pub(crate) told: State,
    /// The monitor, when it lies.
    pub(crate) monitor: i32,
}

/// A service and the files of those who watch it.
pub(crate) struct Scene {
    liar: Liar,
    policy: TrustPolicy,
    folder: TempDir,
}

impl Scene {
    pub(crate) fn of(liar: Liar) -> Self {
        Self::under(liar, CAST.policy("quorum none\n"))
    }

    /// Readers who ask for witnesses.
    pub(crate) fn under(liar: Liar, policy: TrustPolicy) -> Self {
        let folder = tempfile::tempdir().expect("a folder for this scene");
        let scene = Self { liar, policy, folder };
        scene.write("trust-policy.cbor", scene.policy.bytes().as_slice());
        scene
    }

    pub(crate) fn liar(&self) -> &Liar {
        &self.liar
    }

    /// Somebody with a connection checks this bundle, before and after the service begins to lie.
    pub(crate) fn online(&self, paper: &[u8], expected: Outcome) {
        assert_eq!(
            self.tool(paper, &self.connected()),
            expected.honest.exit_code(),
            "the control"
        );
        assert_eq!(self.monitor(None), CONSISTENT, "the monitor's control");
        self.liar.lie();
        let pointer = pointer_of(paper);
        let head = RUNTIME.block_on(self.liar.head(&pointer));
        let list = RUNTIME.block_on(self.liar.get("/api/v1/trust-list"));
        let verdict = self.verdict_with(paper, &[vec![list, head.clone()]]);
        assert_eq!(verdict, expected.told, "the verifier");
        assert_eq!(
            self.tool(paper, &self.connected()),
            expected.told.exit_code(),
            "the hand tool"
        );
        assert_eq!(self.monitor(Some(&head)), expected.monitor, "the monitor");
    }

    /// Somebody without a connection checks this bundle with the trust list and snapshot that were served.
    pub(crate) fn offline(&self, paper: &[u8], expected: Outcome) {
        assert_eq!(
            self.tool(paper, &self.fetched(KEPT)),
            expected.honest.exit_code(),
            "the control"
        );
        assert_eq!(self.monitor(None), CONSISTENT, "the monitor's control");
        let held = RUNTIME.block_on(self.served());
        self.liar.lie();
        let served = RUNTIME.block_on(self.served());
        let verdict = self.verdict_with(paper, &[held, served]);
        assert_eq!(verdict, expected.told, "the verifier");
        assert_eq!(
            self.tool(paper, &self.fetched(KEPT)),
            expected.told.exit_code(),
            "the hand tool"
        );
        assert_eq!(self.monitor(None), expected.monitor, "the monitor");
    }

    /// What core and the hand tool both say of a paper to somebody who had no files and fetches what is served now.
    pub(crate) fn checked(&self, paper: &[u8]) -> State {
        let served = RUNTIME.block_on(self.served());
        let verdict = self.verdict_with(paper, &[served]);
        let empty = format!(
            "fetched-{}",
            std::fs::read_dir(self.folder.path()).expect("a folder").count()
        );
        assert_eq!(
            self.tool(paper, &self.fetched(&empty)),
            verdict.exit_code(),
            "the hand tool"
        );
        verdict
    }

    /// The exit code of `planseal publish`, and what it said.
    pub(crate) fn publish(&self, signed: &Signed) -> (i32, String) {
        let version = self.write(&format!("{}.cose", signed.id()), signed.version.envelope());
        let card = self.write(&format!("{}.card.cose", signed.id()), signed.card.envelope());
        let mut command = self.planseal("publish");
        command.arg(version).arg("--card").arg(card);
        let output = run(command.args(["--server", &self.liar.url]));
        (output.status.code().unwrap_or(-1), said(&output))
    }

    /// The exit code of `planseal status` of a record, and what it said.
    pub(crate) fn status(&self, of: &Signed) -> (i32, String) {
        let plan = of.version.content().plan().to_string();
        let mut command = self.planseal("status");
        let output = run(command.args([&plan, "--server", &self.liar.url]));
        (output.status.code().unwrap_or(-1), said(&output))
    }

    /// The exit code of `planseal monitor`, going on from where it stood.
    pub(crate) fn monitor(&self, head: Option<&[u8]>) -> i32 {
        let shown = head.filter(|head| object(head).is_some());
        let shown = shown.map(|head| self.write("head.cose", head).display().to_string());
        let options: Vec<&str> = shown.iter().flat_map(|head| ["--head", head]).collect();
        self.monitor_of_its_own("monitor", &options)
    }

    /// The exit code of a monitor with a state of its own.
    pub(crate) fn monitor_of_its_own(&self, name: &str, options: &[&str]) -> i32 {
        let evidence = self.folder.path().join("evidence");
        std::fs::create_dir_all(&evidence).expect("a folder");
        let mut command = self.planseal("monitor");
        command.args(["--once", "--server", &self.liar.url, "--state"]);
        command.arg(self.folder.path().join(format!("{name}.state")));
        let output = run(command.arg("--evidence").arg(&evidence).args(options));
        let code = output.status.code().unwrap_or(-1);
        let mut files = std::fs::read_dir(&evidence).expect("a folder");
        let written = files.next().map(|file| file.expect("a file").path());
        assert_eq!(code == CONTRADICTION, written.is_some(), "{}", said(&output));
        if let Some(file) = written {
            self.evidence_convinces_others(&file);
        }
        eprintln!("monitor: {code} {}", said(&output));
        code
    }

    /// Evidence counts for anybody who pins the same root, without the service.
    fn evidence_convinces_others(&self, file: &PathBuf) {
        let bytes = std::fs::read(file).expect("the evidence");
        let evidence = planseal::monitor::Contradiction::decode(&bytes).expect("evidence");
        evidence.verify(&self.policy).expect("a contradiction");
    }

    /// Trust list and snapshot as they are served now.
    async fn served(&self) -> Vec<Vec<u8>> {
        vec![
            self.liar.get("/api/v1/trust-list").await,
            self.liar.get("/api/v1/snapshot").await,
        ]
    }

    /// Core's own answer by what was served, in order; what does not verify is not taken.
    fn verdict_with(&self, paper: &[u8], given: &[Vec<Vec<u8>>]) -> State {
        let mut reader = Reader::default().pin(self.policy.clone());
        for object in given.iter().flatten().filter_map(|bytes| object(bytes)) {
            drop(match object.kind() {
                Kind::TrustList => reader.add_trust_list(&object),
                Kind::Snapshot => reader.add_snapshot(&object),
                _ => reader.add_head(&object),
            });
        }
        match Bundle::decode(paper) {
            Ok(bundle) => reader
                .check_bundle(&bundle, &Question::at(SystemClock.now()))
                .state(),
            Err(fault) => Verdict::of_unopened(&fault).state(),
        }
    }

    fn tool(&self, paper: &[u8], options: &[String]) -> u8 {
        let file = self.write("paper.planseal", paper);
        let mut command = self.planseal("verify");
        let output = run(command.arg(file).args(options));
        eprintln!("verify: {:?} {}", output.status.code(), said(&output));
        output
            .status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(u8::MAX)
    }

    fn connected(&self) -> Vec<String> {
        vec!["--server".into(), self.liar.url.clone()]
    }

    /// As `planseal trust fetch` leaves them: what does not verify is not taken, and what was there before stays.
    fn fetched(&self, folder: &str) -> Vec<String> {
        let kept = self.folder.path().join(folder);
        std::fs::create_dir_all(&kept).expect("a folder");
        let mut command = self.planseal("trust");
        let fetched = run(command
            .args(["fetch", "--server", &self.liar.url, "--output"])
            .arg(&kept));
        eprintln!("trust fetch: {:?} {}", fetched.status.code(), said(&fetched));
        let mut options = vec!["--offline".to_owned()];
        for (option, name) in [
            ("--trust-list", "trust-list.cbor"),
            ("--snapshot", "snapshot.cbor"),
        ] {
            let file = kept.join(name);
            if file.exists() {
                options.extend([option.to_owned(), file.display().to_string()]);
            }
        }
        options
    }

    fn planseal(&self, name: &str) -> Command {
        let mut command = Command::new(&PROGRAMS["planseal"]);
        command.args(name.split(' '));
        command.env(
            "PLANSEAL_TRUST_POLICY",
            self.folder.path().join("trust-policy.cbor"),
        );
        command.args(["--no-input", "--force"]);
        command
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, bytes).expect("the folder can be written");
        file
    }
}

/// A signed object, if these bytes are one.
pub(crate) fn object(bytes: &[u8]) -> Option<SignedObject> {
    SignedObject::parse(bytes).ok()
}

fn pointer_of(paper: &[u8]) -> Pointer {
    let bundle = Bundle::decode(paper).expect("scenes begin with a genuine bundle");
    let (header, payload) = bundle.version.peek_unverified();
    let plan = header.subject.strip_prefix("urn:uuid:").expect("a record");
    let version: planseal::plan::PlanVersion =
        planseal::statement::Statement::from_payload(payload).expect("a plan");
    Pointer {
        plan: planseal::id::PlanId::parse(plan).expect("an id"),
        version_number: u16::try_from(version.version_number()).expect("a small number"),
        version: bundle.version.id().prefix(),
    }
}
