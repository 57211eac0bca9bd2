//! PostgreSQL as it comes from Debian: a cluster made for one run, and a table that keeps records as the store does.
//!
//! Every insertion is a transaction of its own and durable when it is acknowledged (`fsync` and `synchronous_commit` are
//! on, as is everything else that `initdb` sets). Rows are never changed or removed, and each names the digest of the
//! one before it in its record.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use planseal::id::PlanId;
use tokio_postgres::{Client, NoTls, Statement};

/// A cluster that runs until this is dropped.
pub(crate) struct Cluster {
    folder: PathBuf,
}

/// Where Debian puts the programs of version 15.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// What the record's bytes are kept in. Large values go where PostgreSQL puts them by itself.
const TABLE: &str = "
    CREATE TABLE record (
        plan bytea NOT NULL,
        number integer NOT NULL,
        envelope bytea NOT NULL,
        previous bytea NOT NULL,
        digest bytea NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (plan, number)
    );
    CREATE FUNCTION chain() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.number = 1 THEN
            NEW.previous := decode(repeat('00', 32), 'hex');
        ELSE
            SELECT digest INTO STRICT NEW.previous FROM record
                WHERE plan = NEW.plan AND number = NEW.number - 1;
        END IF;
        NEW.digest := sha256(NEW.previous || NEW.envelope);
        RETURN NEW;
    END $$;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'records are only added'; END $$;
    CREATE TRIGGER chained BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION chain();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record FOR EACH ROW EXECUTE FUNCTION refuse();
    CREATE TRIGGER kept BEFORE TRUNCATE ON record FOR EACH STATEMENT EXECUTE FUNCTION refuse();
";

impl Cluster {
    /// Makes and starts a cluster in a folder that does not exist yet.
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        if is_root()? {
            let owner = format!("postgres:{}", "postgres");
            run(Command::new("chown").arg(owner).arg(folder))?;
        }
        let cluster = Self {
            folder: folder.canonicalize()?,
        };
        run(program("initdb")?
            .arg("-D")
            .arg(cluster.data())
            .args(["-A", "trust", "-U", "postgres"]))?;
        let options = format!("-c listen_addresses='' -k {}", cluster.folder.display());
        let mut start = cluster.control()?;
        start
            .arg("-l")
            .arg(cluster.folder.join("log"))
            .args(["-w", "-o", &options, "start"]);
        run(&mut start)?;
        let client = cluster.connect().await?;
        client.batch_execute(TABLE).await.context("the table")?;
        Ok(cluster)
    }

    /// What the server says of itself and of how durable it is.
    pub(crate) async fn describe(&self) -> Result<String> {
        let client = self.connect().await?;
        let row = client
            .query_one(
                "SELECT split_part(version(), ' on ', 1) || ', fsync ' || current_setting('fsync') || ', synchronous_commit '
                 || current_setting('synchronous_commit') || ', wal_sync_method ' || current_setting('wal_sync_method')",
                &[],
            )
            .await?;
        Ok(row.get(0))
    }

    /// One author's connection.
    pub(crate) async fn author(&self) -> Result<Inserter> {
        let client = self.connect().await?;
        let insert = "INSERT INTO record (plan, number, envelope) VALUES ($1, $2, $3) RETURNING digest";
        let insert = client.prepare(insert).await?;
        Ok(Inserter { client, insert })
    }

    async fn connect(&self) -> Result<Client> {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.folder).user("postgres").dbname("postgres");
        let (client, connection) = config.connect(NoTls).await.context("the cluster answers")?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn control(&self) -> Result<Command> {
        let mut control = program("pg_ctl")?;
        control.arg("-D").arg(self.data());
        Ok(control)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self
            .control()
            .and_then(|mut control| run(control.args(["-m", "fast", "-w", "stop"])));
        if let Err(failure) = stopped {
            eprintln!(
                "PostgreSQL in {} was not stopped: {failure:#}",
                self.folder.display()
            );
        }
    }
}

/// One author's connection, with its prepared insertion.
pub(crate) struct Inserter {
    client: Client,
    insert: Statement,
}

impl Inserter {
    /// Durable when this returns.
    pub(crate) async fn insert(&self, plan: PlanId, number: i32, envelope: &[u8]) -> Result<()> {
        let plan = plan.as_bytes().as_slice();
        let row = self
            .client
            .query_one(&self.insert, &[&plan, &number, &envelope])
            .await?;
        ensure!(row.get::<_, &[u8]>(0).len() == 32, "the row has a digest");
        Ok(())
    }
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// PostgreSQL refuses to run as root; the user that Debian made for it runs it then.
fn program(name: &str) -> Result<Command> {
    let path = Path::new(PROGRAMS).join(name);
    ensure!(
        path.exists(),
        "{} is missing: run tests/bench/cost/install.sh",
        path.display()
    );
    if !is_root()? {
        return Ok(Command::new(path));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path);
    Ok(command)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = output.with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
