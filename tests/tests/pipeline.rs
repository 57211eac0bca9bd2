//! The product's story, once in memory and once in a folder: a plan is drafted, signed, stored, logged, printed, found
//! again in its PDF, and judged; then a second version takes its place.
//!
//! Read it beside `core/src/lib.rs`: the steps stand in the same order as the modules.

use std::sync::Arc;

use planseal::bundle::Bundle;
use planseal::card::{Card, Stamp};
use planseal::check::{FileState, Question, Reader, State, Verdict};
use planseal::envelope::SignedObject;
use planseal::head::{Head, HeadState};
use planseal::log::checkpoint::VerifiedCheckpoint;
use planseal::plan::PlanVersion;
use planseal::sign::ToBeSigned;
use planseal::snapshot::Snapshot;
use planseal::status::Statuses;
use planseal::time::Timestamp;
use planseal::verify::{self, Logged, Verified};
use planseal_render::print::{self, Print};
use planseal_store::{OperationId, Publication, SetClock, Store, StoreConfig};
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::ORIGIN;
use planseal_tests::sample::{first_version, second_version};
use planseal_tests::world::{World, beginning};

#[tokio::test]
async fn the_whole_road_in_memory() {
    let service = Service::open(StoreConfig::memory()).await;
    service.whole_road().await;
}

#[tokio::test]
async fn the_whole_road_in_a_folder() {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let config = || StoreConfig::folder(folder.path().join("store"), folder.path().join("store.key"));
    let service = Service::open(config()).await;
    let (first, second) = service.whole_road().await;
    drop(service);

    // A day later another process opens the folder: everything is there, byte for byte, and still proves itself.
    let service = Service::open(config()).await;
    for version in [first, second] {
        let stored = service
            .store
            .object(version.id())
            .await
            .expect("readable")
            .expect("stored");
        assert_eq!(stored.envelope, version.envelope());
        service.logged(version).await;
    }
}

/// A store with a clock that the story sets, and everybody who signs in it.
struct Service {
    world: World,
    store: Store,
    clock: Arc<SetClock>,
}

/// One printed version.
struct Printed {
    version: Verified<PlanVersion>,
    pdf: Vec<u8>,
    at: Timestamp,
}

impl Service {
    async fn open(config: StoreConfig) -> Self {
        let clock = Arc::new(SetClock::new(beginning()));
        let log_key = Box::new(FixedKey::from_seed(2));
        let store = Store::open(config, log_key, ORIGIN, Arc::<SetClock>::clone(&clock)).await;
        Self {
            world: World::new(),
            store: store.expect("a store opens"),
            clock,
        }
    }

    async fn whole_road(&self) -> (Verified<PlanVersion>, Verified<PlanVersion>) {
        self.certify_everybody().await;

        // The first version: drafted, and judged CURRENT from its own PDF.
        let first = self.publish_and_print(first_version()).await;
        let verdict = self.read(&first.pdf, first.at, None);
        assert_eq!(verdict.state(), State::Current);
        assert_eq!(verdict.exit_code(), 0);

        // The second version takes its place; the first one's old paper is then SUPERSEDED, whatever it says of itself.
        let logged = self.logged(first.version.clone()).await;
        let second = self.publish_and_print(second_version(&logged)).await;
        let snapshot = self.snapshot(second.at).await;
        let verdict = self.read(&second.pdf, second.at, Some(&snapshot));
        assert_eq!(verdict.state(), State::Current);
        let verdict = self.read(&first.pdf, second.at, Some(&snapshot));
        assert_eq!(verdict.state(), State::Superseded);
        assert_eq!(verdict.exit_code(), 12);
        (first.version, second.version)
    }

    /// Certificates are logged before anything they sign.
    async fn certify_everybody(&self) {
        for certificate in self.world.certificates() {
            let receipt = self
                .store
                .append(certificate, operation())
                .await
                .expect("a certificate is logged");
            assert_eq!(
                Some(receipt.proof().index),
                self.world.directory.index_of(&certificate.id())
            );
        }
    }

    async fn publish_and_print(&self, version: PlanVersion) -> Printed {
        // A validated version becomes canonical bytes, and these the bytes to be signed: the author is shown them.
        let author = &self.world.author;
        let to_be_signed =
            ToBeSigned::statement(&version, &author.certificate).expect("a finaliser signs versions");

        // The author's key signs; what comes back is an envelope, and an envelope is not yet evidence.
        let envelope = to_be_signed.sign(&author.key).expect("the author's own key");
        let arrived = SignedObject::parse(envelope.bytes()).expect("an envelope");

        // Verified: the signer is certified for this, and header, payload and certificate agree.
        let version =
            verify::statement::<PlanVersion>(&arrived, &self.world.directory).expect("an honest version");
        let card = self
            .world
            .sign(&Card::project(version.content(), version.id()), author);

        // Appended: durable, logged, and answered with a receipt.
        self.clock.set(version.signed_at().plus(120));
        let publication = Publication {
            version: &version,
            card: Some(&card),
            attachments: &[],
            operation: operation(),
        };
        let receipt = self
            .store
            .publish(publication)
            .await
            .expect("an honest version is published");
        assert_eq!(receipt.leaf().id, version.id());

        // The receipt proves it: logged, after its signer's certificate.
        let logged = self.logged(version.clone()).await;

        // The service says that this is the latest, and stamps the card for print.
        let at = version.signed_at().plus(180);
        let head = self.head(&logged, at).await;
        let stamp = self.stamp(&logged, &card, at).await;

        // The bundle carries it all; the PDF carries the bundle.
        let bundle = self.bundle(&version, &card, &stamp, &head).await;
        Printed {
            pdf: self.print(&bundle),
            version,
            at,
        }
    }

    async fn logged(&self, version: Verified<PlanVersion>) -> Logged<PlanVersion> {
        let receipt = self
            .store
            .receipt(version.id())
            .await
            .expect("readable")
            .expect("logged");
        let logged = verify::logged(version, &receipt, &self.world.policy, &self.world.directory);
        logged.expect("the receipt proves the version")
    }

    /// Status is a pure function of the leaves: anybody who has them comes to the same answer.
    async fn statuses(&self) -> Statuses {
        let leaves = self
            .store
            .leaves(0..self.store.log_size())
            .await
            .expect("readable");
        Statuses::replay(&leaves).expect("every leaf acts on one before it")
    }

    fn tree_head(&self) -> VerifiedCheckpoint {
        let checkpoint = self.store.checkpoint().expect("a log with leaves");
        VerifiedCheckpoint::verify(&checkpoint, &self.world.policy).expect("the pinned log's signature")
    }

    async fn head(&self, version: &Logged<PlanVersion>, at: Timestamp) -> Verified<Head> {
        assert_eq!(
            self.statuses().await.latest_after(version.index()),
            version.index()
        );
        let tree = self.tree_head();
        let head = Head {
            plan: version.content().plan(),
            latest: version.id(),
            leaf: version.index(),
            version_number: version.content().version_number(),
            signed_at: version.content().signed_at(),
            state: HeadState::Current,
            warnings: Vec::new(),
            size: tree.size(),
            root: tree.root(),
            issued_at: at,
        };
        self.world.sign(&head, &self.world.head)
    }

    async fn stamp(
        &self,
        version: &Logged<PlanVersion>,
        card: &Verified<Card>,
        at: Timestamp,
    ) -> Verified<Stamp> {
        let key = &self.world.head;
        let signer = self
            .store
            .leaf_index(key.certificate.id())
            .await
            .expect("readable");
        let stamp = Stamp {
            version: version.index(),
            issued_at: at,
            size: self.tree_head().size(),
            signer: signer.expect("the head key is certified"),
        };
        let object = ToBeSigned::stamp(&stamp, card.object(), &key.certificate).expect("the head key stamps");
        let object = object.sign(&key.key).expect("the head key's own");
        verify::stamp(&object, card.object(), &self.world.directory).expect("bound to this card")
    }

    async fn snapshot(&self, at: Timestamp) -> Verified<Snapshot> {
        let snapshot = Snapshot::of(&self.statuses().await, self.tree_head().root(), at);
        self.world.sign(&snapshot, &self.world.status)
    }

    async fn bundle(
        &self,
        version: &Verified<PlanVersion>,
        card: &Verified<Card>,
        stamp: &Verified<Stamp>,
        head: &Verified<Head>,
    ) -> Bundle {
        let world = &self.world;
        let signers = [
            &world.root,
            &world.host,
            &world.head,
            &world.practice,
            &world.author,
        ];
        let mut certificates = signers.map(|party| party.certificate.object().clone()).to_vec();
        certificates.sort_by_key(SignedObject::id);
        let mut receipts = Vec::new();
        for id in certificates.iter().map(SignedObject::id).chain([version.id()]) {
            let receipt = self.store.receipt(id).await.expect("readable");
            receipts.push((id, receipt.expect("logged")));
        }
        receipts.sort_by_key(|(id, _)| *id);
        Bundle {
            version: version.object().clone(),
            card: Some(card.object().clone()),
            stamp: Some(stamp.object().clone()),
            certificates,
            endorsements: Vec::new(),
            intakes: Vec::new(),
            resolutions: Vec::new(),
            custody: Vec::new(),
            reports: Vec::new(),
            receipts,
            head: Some(head.object().clone()),
            root: world.policy.root().id(),
        }
    }

    fn print(&self, bundle: &Bundle) -> Vec<u8> {
        let checked = self.reader().open_bundle(bundle).expect("a bundle that verifies");
        let bytes = bundle.encode().expect("a bundle encodes");
        let policy = &self.world.policy;
        let print = Print {
            checked: &checked,
            bundle: &bytes,
            files: &[],
            policy,
        };
        print::print(&print).expect("a page is made")
    }

    /// Somebody finds the PDF, holds the pinned policy and perhaps a snapshot, and trusts nothing else.
    fn read(&self, pdf: &[u8], at: Timestamp, snapshot: Option<&Verified<Snapshot>>) -> Verdict {
        let found = Bundle::find(pdf).expect("the PDF carries one bundle");
        let mut reader = self.reader();
        if let Some(snapshot) = snapshot {
            let list = planseal_tests::sample::trust_list(&self.world, at, &[]);
            let list = self.world.sign(&list, &self.world.status);
            reader.add_trust_list(list.object()).expect("a trust list");
            reader.add_snapshot(snapshot.object()).expect("a snapshot");
        }
        let checked = reader.open_bundle(&found).expect("the bundle verifies");
        let bytes = found.encode().expect("a bundle encodes");
        let policy = &self.world.policy;
        let again = Print {
            checked: &checked,
            bundle: &bytes,
            files: &[],
            policy,
        };
        let file = print::compare(pdf, &again);
        assert_eq!(
            file,
            FileState::Genuine,
            "printed again, the page is the same, byte for byte"
        );
        reader.check_bundle(&found, &Question::at(at)).in_file(file)
    }

    fn reader(&self) -> Reader {
        Reader::default().pin(self.world.policy.clone())
    }
}

fn operation() -> OperationId {
    OperationId::random().expect("the system gives random bytes")
}
