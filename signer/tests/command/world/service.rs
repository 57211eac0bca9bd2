//! A small service over HTTP for the tests of the command: it logs what it is sent, and lies when told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use planseal::bundle::Bundle;
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::id::{ObjectId, PlanId};
use planseal::log::checkpoint::Checkpoint;
use planseal::log::leaf::Leaf;
use planseal::log::proof::LogProof;
use planseal::log::tree::{self, HashReader as _, MemoryTree};
use planseal::plan::PlanVersion;
use planseal::receipt::Receipt;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::statement::{
    Custody, Endorsement, Hold, Intake, KeyStatus, Kind, LoggedStatement, Report, ReportCode, Resolution,
    Statement, Withdrawal, Words,
};
use planseal::status::{State as Standing, Statuses};
use planseal::time::Timestamp;
use planseal::trust::{Certificate, ListedCertificate, Revocation, TrustList};
use serde_json::{Value as Json, json};

use super::{Keys, now};

/// How the service lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lie {
    #[default]
    None,
    /// Gives the receipt of what was logged before.
    ReceiptOfAnother,
    /// Logs a statement as acting on another leaf.
    OtherTarget,
    /// Answers as if all were well and logs nothing.
    LogsNothing,
    /// Shows everybody a tree in which the last leaf is another one.
    OtherTree,
    /// Changes a leaf in its entry bundles.
    OtherEntry,
    /// Leaves the latest withdrawal out of what it says.
    HidesWithdrawal,
    /// The recorder signs other words than were reported.
    OtherWords,
    /// Gives a head of yesterday.
    StaleHead,
    /// Names the version before as the latest.
    HidesVersion,
    /// Does not show where what was replaced is registered.
    HidesReplaced,
    /// Changes the leaf that was last when the lie began, in tree and entries, under new signatures.
    Rewrites(u64),
    /// Shows its log without what came after this many leaves.
    Truncates(u64),
    /// Answers with a refusal.
    Refuses,
}

/// One running service.
pub(crate) struct Service {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    keys: Arc<Keys>,
    leaves: Vec<Leaf>,
    objects: Vec<SignedObject>,
    tree: MemoryTree,
    lie: Lie,
    requests: Vec<String>,
    /// The newest snapshot, and the tree's size once it was logged.
    snapshot: Option<(u64, SignedObject)>,
}

impl Service {
    /// Starts with all certificates logged an hour ago, and these objects logged now.
    pub(crate) fn start(keys: &Arc<Keys>, objects: &[SignedObject]) -> Self {
        let mut state = State {
            keys: Arc::clone(keys),
            leaves: Vec::new(),
            objects: Vec::new(),
            tree: MemoryTree::default(),
            lie: Lie::None,
            requests: Vec::new(),
            snapshot: None,
        };
        for certificate in &keys.certificates {
            state.log(certificate, now().plus(-3600));
        }
        for object in objects {
            state.log(object, now());
        }
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || answer(stream.unwrap(), &served));
            }
        });
        Self { address, state }
    }

    pub(crate) fn lie(&self, lie: Lie) {
        self.state.lock().unwrap().lie = lie;
    }

    /// Logs an object now.
    pub(crate) fn log(&self, object: &SignedObject) {
        self.state.lock().unwrap().log(object, now());
    }

    /// A head of a record as it stands.
    pub(crate) fn head(&self, plan: PlanId) -> SignedObject {
        self.state.lock().unwrap().head(plan).unwrap()
    }

    pub(crate) fn size(&self) -> u64 {
        self.state.lock().unwrap().tree.size()
    }

    /// Method and path of every request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

/// What an object says to the log.
struct Said {
    plan: Option<PlanId>,
    target: Option<ObjectId>,
    from: Option<u64>,
}

fn said(object: &SignedObject) -> Said {
    fn of<S: LoggedStatement>(object: &SignedObject) -> Said {
        let content = S::from_payload(object.peek_unverified().1).unwrap();
        Said {
            plan: content.record(),
            target: content.target(),
            from: content.revoked_from(),
        }
    }
    match object.kind() {
        Kind::Version => of::<PlanVersion>(object),
        Kind::Withdrawal => of::<Withdrawal>(object),
        Kind::Endorsement => of::<Endorsement>(object),
        Kind::KeyStatus => of::<KeyStatus>(object),
        Kind::Report => of::<Report>(object),
        Kind::Resolution => of::<Resolution>(object),
        Kind::Intake => of::<Intake>(object),
        Kind::Custody => of::<Custody>(object),
        Kind::Hold => of::<Hold>(object),
        Kind::Snapshot => of::<Snapshot>(object),
        _ => Said {
            plan: None,
            target: None,
            from: None,
        },
    }
}

impl State {
    fn place(&self, id: ObjectId) -> Option<u64> {
        let place = self.leaves.iter().position(|leaf| leaf.id == id)?;
        u64::try_from(place).ok()
    }

    fn log(&mut self, object: &SignedObject, at: Timestamp) -> u64 {
        if let Some(place) = self.place(object.id()) {
            return place;
        }
        let own = self.tree.size();
        let said = said(object);
        let mut target = said.target.map(|target| self.place(target).unwrap());
        if self.lie == Lie::OtherTarget {
            target = target.map(|target| target - 1);
        }
        let leaf = Leaf {
            kind: object.kind(),
            id: object.id(),
            time: at.minute(),
            signer: object
                .claimed_key()
                .map_or(own, |signer| self.place(signer).unwrap()),
            target,
            from: said.from,
        };
        self.tree.push(leaf.hash());
        self.leaves.push(leaf);
        self.objects.push(object.clone());
        own
    }

    /// The leaves that are shown.
    fn shown_leaves(&self) -> Vec<Leaf> {
        let mut leaves = self.leaves.clone();
        match self.lie {
            Lie::OtherTree => leaves.last_mut().unwrap().id = ObjectId::of(b"another"),
            Lie::Rewrites(index) => leaves[usize::try_from(index).unwrap()].id = ObjectId::of(b"another"),
            Lie::Truncates(size) => leaves.truncate(usize::try_from(size).unwrap()),
            _ => {}
        }
        leaves
    }

    /// The tree that is shown.
    fn shown(&self) -> MemoryTree {
        let mut tree = MemoryTree::default();
        self.shown_leaves().iter().for_each(|leaf| tree.push(leaf.hash()));
        tree
    }

    fn note(&self, tree: &MemoryTree) -> String {
        let checkpoint = Checkpoint {
            origin: self.keys.vkey.name().into(),
            size: tree.size(),
            root: tree::root(tree, tree.size()).unwrap(),
        };
        checkpoint
            .sign(&self.keys.vkey, &self.keys.log)
            .unwrap()
            .to_string()
    }

    fn receipt(&self, index: u64) -> Receipt {
        let path = tree::inclusion_proof(&self.tree, index, self.tree.size()).unwrap();
        let checkpoint = self.note(&self.tree);
        let leaf = self.leaves[usize::try_from(index).unwrap()];
        Receipt::new(
            leaf,
            LogProof {
                index,
                path,
                checkpoint,
            },
        )
    }

    fn trust_list(&self) -> SignedObject {
        let listed = (0_u64..)
            .zip(&self.leaves)
            .zip(&self.objects)
            .filter(|((_, leaf), _)| leaf.kind == Kind::Certificate)
            .map(|((index, leaf), object)| ListedCertificate {
                issuer: leaf.signer,
                index,
                object: object.clone(),
            })
            .collect();
        let revoked: Vec<(ObjectId, Revocation)> = (0_u64..)
            .zip(&self.objects)
            .filter(|(_, object)| object.kind() == Kind::KeyStatus)
            .map(|(index, object)| {
                let status = KeyStatus::from_payload(object.peek_unverified().1).unwrap();
                let revocation = Revocation {
                    from_index: status.from_index,
                    index,
                    reason: status.reason,
                    at: status.issued_at,
                };
                (status.certificate, revocation)
            })
            .collect();
        let (size, root) = (
            self.tree.size(),
            tree::root(&self.tree, self.tree.size()).unwrap(),
        );
        let list = TrustList::new(&self.keys.policy, now(), size, root, listed, &revoked).unwrap();
        self.keys.sign(&list, &self.keys.status)
    }

    /// The newest snapshot, logged before it is given out.
    fn newest_snapshot(&mut self) -> SignedObject {
        match &self.snapshot {
            Some((size, snapshot)) if *size == self.tree.size() => snapshot.clone(),
            _ => {
                let snapshot = self.snapshot();
                self.log(&snapshot, now());
                self.snapshot = Some((self.tree.size(), snapshot.clone()));
                snapshot
            }
        }
    }

    fn snapshot(&self) -> SignedObject {
        let statuses = Statuses::replay(&self.leaves).unwrap();
        let root = tree::root(&self.tree, self.tree.size()).unwrap();
        self.keys
            .sign(&Snapshot::of(&statuses, root, now()), &self.keys.status)
    }

    fn about(&self, plan: PlanId) -> Vec<usize> {
        (0..self.objects.len())
            .filter(|place| said(&self.objects[*place]).plan == Some(plan))
            .filter(|place| {
                self.lie != Lie::HidesWithdrawal || self.objects[*place].kind() != Kind::Withdrawal
            })
            .filter(|place| self.lie != Lie::HidesVersion || place + 1 < self.objects.len())
            .collect()
    }

    fn head(&self, plan: PlanId) -> Option<SignedObject> {
        let places = self.about(plan);
        let latest = *places
            .iter()
            .rev()
            .find(|place| self.objects[**place].kind() == Kind::Version)?;
        let version = PlanVersion::from_payload(self.objects[latest].peek_unverified().1).unwrap();
        let leaf = u64::try_from(latest).unwrap();
        let hidden = |leaf: &&Leaf| self.lie == Lie::HidesWithdrawal && leaf.kind == Kind::Withdrawal;
        let leaves: Vec<Leaf> = self.leaves.iter().filter(|leaf| !hidden(leaf)).copied().collect();
        let statuses = Statuses::replay(&leaves).unwrap();
        let warnings = statuses.open(leaf).map(|open| {
            let open = &self.objects[usize::try_from(open).unwrap()];
            let report = Report::from_payload(open.peek_unverified().1);
            report.map_or("an advance decision was received", |report| report.code.words())
        });
        let made = if self.lie == Lie::StaleHead {
            now().plus(-1800)
        } else {
            now()
        };
        let head = Head {
            plan,
            latest: self.objects[latest].id(),
            leaf,
            version_number: version.version_number(),
            signed_at: version.signed_at(),
            state: match statuses.of(leaf).unwrap().state {
                Standing::Withdrawn { .. } => HeadState::Withdrawn,
                Standing::Suspended => HeadState::Suspended,
                _ => HeadState::Current,
            },
            warnings: warnings.map(str::to_owned).collect(),
            size: self.tree.size(),
            root: tree::root(&self.tree, self.tree.size()).unwrap(),
            issued_at: made,
        };
        Some(self.keys.sign(&head, &self.keys.head))
    }

    fn bundle(&self, plan: PlanId, number: u32) -> Option<Vec<u8>> {
        let place = self.about(plan).into_iter().find(|place| {
            let payload = self.objects[*place].peek_unverified().1;
            PlanVersion::from_payload(payload).is_ok_and(|version| version.version_number() == number)
        })?;
        let receipts = (0_u64..)
            .zip(&self.objects)
            .map(|(index, object)| (object.id(), self.receipt(index)))
            .filter(|(id, _)| {
                let above = &self.keys.certificates[1..];
                *id == self.objects[place].id() || above.iter().any(|held| held.id() == *id)
            })
            .collect();
        let parts = Bundle {
            version: self.objects[place].clone(),
            certificates: self.keys.certificates[1..].to_vec(),
            card: None,
            stamp: None,
            endorsements: Vec::new(),
            intakes: Vec::new(),
            reports: Vec::new(),
            resolutions: Vec::new(),
            custody: Vec::new(),
            receipts,
            head: None,
            root: self.keys.policy.root().id(),
        };
        Some(parts.without_strays().encode().unwrap())
    }

    fn statements(&self, plan: PlanId) -> Json {
        let line = |place: usize| {
            let object = &self.objects[place];
            let receipt = self.receipt(u64::try_from(place).unwrap());
            json!({
                "kind": object.kind().name(), "id": object.id().to_string(), "leaf": place,
                "object": STANDARD.encode(object.bytes()), "receipt": STANDARD.encode(receipt.encode()),
            })
        };
        self.about(plan).into_iter().map(line).collect()
    }

    fn take(&mut self, object: &SignedObject) -> Json {
        let last = self.tree.size() - 1;
        let index = match self.lie {
            Lie::LogsNothing | Lie::ReceiptOfAnother => last,
            _ => self.log(object, now()),
        };
        json!({
            "id": object.id().to_string(), "leaf": index,
            "receipt": STANDARD.encode(self.receipt(index).encode()),
        })
    }

    /// Takes a version in, and answers as UX §4 says.
    fn publish(&mut self, body: &[u8]) -> Json {
        let bundle = Bundle::decode(body).unwrap();
        assert!(bundle.card.is_some(), "a card goes with its version");
        let said = said(&bundle.version);
        let mut answer = self.take(&bundle.version);
        let head = self.head(said.plan.unwrap()).unwrap();
        answer["head"] = STANDARD.encode(head.bytes()).into();
        answer["growth"] = json!([]);
        if let Some(replaced) = said.target.filter(|_| self.lie != Lie::HidesReplaced) {
            let receipt = self.receipt(self.place(replaced).unwrap());
            answer["replaced"] = STANDARD.encode(receipt.encode()).into();
        }
        answer
    }

    fn report(&mut self, plan: PlanId, body: &[u8]) -> Json {
        let asked: Json = serde_json::from_slice(body).unwrap();
        let text = |name: &str| asked[name].as_str().unwrap().to_owned();
        let code: ReportCode = serde_json::from_value(asked["code"].clone()).unwrap();
        let words = if self.lie == Lie::OtherWords {
            "nothing was said".to_owned()
        } else {
            text("words")
        };
        let report = Report {
            plan,
            version: ObjectId::parse(&text("version")).unwrap(),
            code,
            words: Words::parse(&words).expect("words"),
            reporter: Words::parse(&text("reporter")).expect("a reporter"),
            issued_at: now(),
        };
        let object = self.keys.sign(&report, &self.keys.recorder);
        let mut answer = self.take(&object);
        answer["object"] = STANDARD.encode(object.bytes()).into();
        answer
    }

    fn tile(&self, path: &str) -> Option<Vec<u8>> {
        let (layer, rest) = path.split_once('/')?;
        let (number, width) = rest.split_once(".p/").unwrap_or((rest, "256"));
        let number: u64 = number.parse().ok()?;
        let width: u64 = width.parse().ok()?;
        let tree = self.shown();
        let leaves = match self.lie {
            Lie::OtherTree => self.leaves.clone(),
            _ => self.shown_leaves(),
        };
        let range = number * 256..number * 256 + width;
        if layer == "entries" {
            return range
                .map(|index| {
                    let mut leaf = *leaves.get(usize::try_from(index).ok()?)?;
                    if self.lie == Lie::OtherEntry && index + 1 == tree.size() {
                        leaf.id = ObjectId::of(b"another");
                    }
                    let entry = leaf.encode();
                    let length = u16::try_from(entry.len()).ok()?;
                    Some([length.to_be_bytes().as_slice(), &entry].concat())
                })
                .collect::<Option<Vec<_>>>()
                .map(|entries| entries.concat());
        }
        let level: u32 = layer.parse().ok()?;
        range
            .map(|index| tree.node(level * 8, index).map(|hash| *hash.as_bytes()))
            .collect::<Option<Vec<_>>>()
            .map(|hashes| hashes.concat())
    }
}

/// One request, one answer.
fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let (mut length, mut accept, mut matches) = (0, String::new(), None);
    loop {
        let mut field = String::new();
        reader.read_line(&mut field).unwrap();
        let Some((name, value)) = field.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "accept" => value.trim().clone_into(&mut accept),
            "if-match" => matches = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, body) = respond(
        &method,
        &path,
        &accept,
        matches,
        &body,
        &mut state.lock().unwrap(),
    );
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let stream = reader.get_mut();
    let _gone = stream.write_all(&[head.as_bytes(), &body].concat());
}

fn respond(
    method: &str,
    path: &str,
    accept: &str,
    matches: Option<String>,
    body: &[u8],
    state: &mut State,
) -> (u16, Vec<u8>) {
    state.requests.push(format!("{method} {path}"));
    let parts: Vec<&str> = path.strip_prefix("/api/v1/").unwrap().split('/').collect();
    let there = |found: Option<Vec<u8>>| match found {
        Some(bytes) => (200, bytes),
        None => (404, br#"{"detail":"There is nothing here."}"#.to_vec()),
    };
    let plan = |text: &str| PlanId::parse(text).unwrap();
    if method == "POST" && state.lie == Lie::Refuses {
        let detail = json!({ "detail": "Read the latest version and sign again.\u{1b}[31m" });
        return (409, detail.to_string().into_bytes());
    }
    match (method, parts.as_slice()) {
        ("GET", ["trust-list"]) => (200, state.trust_list().bytes().to_vec()),
        ("GET", ["snapshot"]) => (200, state.newest_snapshot().bytes().to_vec()),
        ("GET", ["log", "checkpoint"]) => (200, state.note(&state.shown()).into_bytes()),
        ("GET", ["log", "tile", rest @ ..]) => there(state.tile(&rest.join("/"))),
        ("GET", ["plans", id, "head"]) => there(state.head(plan(id)).map(|head| head.bytes().to_vec())),
        ("GET", ["plans", id, "statements"]) => (200, state.statements(plan(id)).to_string().into_bytes()),
        ("GET", ["plans", id, "versions", number]) => {
            assert_eq!(accept, "application/vnd.planseal.bundle+cbor");
            there(state.bundle(plan(id), number.parse().unwrap()))
        }
        ("POST", ["plans", id, "reports"]) => (201, state.report(plan(id), body).to_string().into_bytes()),
        ("PUT", ["plans", _, "attachments", sha256]) => {
            let digest = planseal::plan::contacts::Digest::of(body);
            assert_eq!(*sha256, digest.to_string());
            (204, Vec::new())
        }
        ("POST", ["plans"] | ["plans", _, "versions"]) => (201, state.publish(body).to_string().into_bytes()),
        ("POST", ["plans", _, what]) => {
            let object = SignedObject::parse(body).unwrap();
            if *what == "withdrawal" {
                let named = said(&object).target.map(|target| format!("\"{target}\""));
                assert_eq!(matches, named, "If-Match names the version withdrawn");
            }
            (201, state.take(&object).to_string().into_bytes())
        }
        ("POST", ["certificates" | "key-status" | "staff-lists"]) => {
            let object = SignedObject::parse(body).unwrap();
            (201, state.take(&object).to_string().into_bytes())
        }
        _ => (404, Vec::new()),
    }
}

impl Keys {
    /// Signs with one of the service's keys.
    pub(crate) fn sign<S: Statement>(&self, statement: &S, by: &super::Holder) -> SignedObject {
        let certificate: planseal::verify::Verified<Certificate> = self.certificate(&by.1);
        ToBeSigned::statement(statement, &certificate)
            .unwrap()
            .sign(&by.0)
            .unwrap()
    }
}
