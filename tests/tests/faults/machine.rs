//! A disk, the keys and the clock of a service: everything that outlives its nodes.

use std::sync::{Arc, LazyLock};

use futures_util::future::try_join_all;
use planseal_store::{
    Clock, KeySource, LocalFileKeys, Location, OpenError, SetClock, Sharing, Store, StoreConfig,
};
use planseal_tests::key::FixedKey;
use planseal_tests::ledger::ORIGIN;
use planseal_tests::said::{Pool, SIGNED_WITHIN, Said, newcomer, speaking};

use crate::door::{Bug, Door, Fault, Faults, Handle, Operation};
use crate::twin::Twin;

/// Everything that is said in any story, signed once for the process.
pub(crate) static POOL: LazyLock<Pool> = LazyLock::new(Pool::new);

/// The key that wraps data keys, the same for every disk.
static KEYS: LazyLock<Arc<LocalFileKeys>> =
    LazyLock::new(|| Arc::new(LocalFileKeys::in_memory().expect("the system gives random bytes")));

/// What outlives every node.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) twin: Arc<Twin>,
    pub(crate) sharing: Sharing,
    /// How many leaves it had when the story began.
    pub(crate) leaves_before: usize,
    clock: Arc<SetClock>,
}

/// How a story begins: everybody is certified, and the record has its first version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// And that is all.
    Short,
    /// And the log is a few leaves short of a full tile, which the story fills.
    NearlyFull,
}

impl Machine {
    /// A machine with an empty disk.
    pub(crate) fn new(sharing: Sharing) -> Self {
        Self {
            twin: Twin::new(),
            sharing,
            leaves_before: 0,
            clock: Arc::new(SetClock::new(speaking())),
        }
    }

    /// A machine on whose disk the story has begun; its one writer has closed it in order.
    pub(crate) async fn begun(sharing: Sharing, beginning: Beginning) -> Self {
        let mut machine = Self::new(sharing);
        let store = machine.open_calmly().await.expect("a new store");
        for said in POOL.certificates.iter().chain([&POOL.first]) {
            let put = said.put(&store, crate::operation(0)).await;
            put.expect("the beginning is logged");
        }
        machine.leaves_before = POOL.certificates.len() + 1;
        if beginning == Beginning::NearlyFull {
            let number = u32::try_from(NEARLY_FULL - machine.leaves_before).expect("a small number");
            let newcomers: Vec<Said> = (0..number).map(|number| newcomer(&POOL.world, number)).collect();
            let all = newcomers.iter().map(|said| said.put(&store, crate::operation(0)));
            try_join_all(all).await.expect("newcomers are logged");
            machine.leaves_before = NEARLY_FULL;
        }
        store.close().await.expect("nothing is under way");
        machine
    }

    /// Another machine with the same disk.
    pub(crate) fn fork(&self) -> Self {
        Self {
            twin: self.twin.fork(),
            clock: Arc::new(SetClock::new(self.clock.now())),
            ..self.clone()
        }
    }

    pub(crate) fn has_one_node(&self) -> bool {
        matches!(self.sharing, Sharing::Alone)
    }

    /// Opens the store through a door.
    pub(crate) async fn open(&self, door: &Arc<Door>) -> Result<Store, OpenError> {
        let keys = Arc::clone(&*KEYS);
        let config = StoreConfig {
            location: Location::Objects {
                objects: Arc::new(Handle(Arc::clone(door))),
                sharing: self.sharing,
            },
            keys: KeySource::Port(keys),
            signed_within: SIGNED_WITHIN,
            ..StoreConfig::memory()
        };
        // A minute later: what is logged anew gets another leaf than it would have had.
        self.clock.set(self.clock.now().plus(60));
        let clock = Arc::clone(&self.clock);
        Store::open(config, Box::new(FixedKey::from_seed(2)), ORIGIN, clock).await
    }

    /// Opens the store on a node to which nothing happens.
    pub(crate) async fn open_calmly(&self) -> Result<Store, OpenError> {
        let twin = Arc::clone(&self.twin);
        self.open(&Door::new(CALM_NODE, twin, Arc::new(Calm), Bug::None))
            .await
    }
}

/// Leaves of a log that is nearly full: a story logs three to seven, and a tile holds 256.
const NEARLY_FULL: usize = 254;

/// The number of a node to which nothing happens.
const CALM_NODE: usize = usize::MAX;

/// No faults.
#[derive(Debug)]
struct Calm;

#[async_trait::async_trait]
impl Faults for Calm {
    async fn meet(&self, _: Operation) -> Fault {
        Fault::None
    }
}
