//! Buckets of servers that tests start: made, named as planseal's configuration names them, and reached by clients with
//! the store's own time limits.
//!
//! Credentials are those that the servers of tests are started with. Azurite's are public, and the same everywhere.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use hyper::{Method, Request, StatusCode};
use object_store::aws::{AmazonS3Builder, AwsAuthorizer, AwsCredential};
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential, MicrosoftAzureBuilder};
use object_store::client::{HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

/// The access key of every S3 server of tests.
pub const S3_KEY: &str = "test";
/// Its secret.
pub const S3_SECRET: &str = "testsecret";

const REGION: &str = "us-east-1";

/// A bucket of an S3 server.
#[derive(Debug, Clone)]
pub struct S3Bucket {
    /// Where the server listens, for example `http://127.0.0.1:7480`.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
}

impl S3Bucket {
    /// As planseal's configuration names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("s3://{}", self.name)
    }

    /// What any S3 client needs to know beside the name.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", S3_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", S3_SECRET.to_owned()),
        ]
    }

    /// A client with its own connections, without TLS.
    ///
    /// # Panics
    /// When the endpoint is no address: a mistake in the test.
    #[must_use]
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        choose_ring();
        let client = AmazonS3Builder::new()
            .with_endpoint(&self.endpoint)
            .with_bucket_name(&self.name)
            .with_region(REGION)
            .with_access_key_id(S3_KEY)
            .with_secret_access_key(S3_SECRET)
            .with_client_options(client_options())
            .with_retry(retries())
            .build();
        Arc::new(client.expect("endpoint, bucket, region and key are given"))
    }

    /// Makes the bucket; one that is there already is as good.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn create(&self) -> anyhow::Result<()> {
        let mut request = put(&format!("{}/{}", self.endpoint, self.name))?;
        let credential = AwsCredential {
            key_id: S3_KEY.to_owned(),
            secret_key: S3_SECRET.to_owned(),
            token: None,
        };
        choose_ring();
        AwsAuthorizer::new(&credential, "s3", REGION).try_authorize(&mut request, None)?;
        send(request).await
    }
}

/// A container of an Azurite.
#[derive(Debug, Clone)]
pub struct AzureContainer {
    /// Where Azurite listens, for example `http://127.0.0.1:10000`.
    pub endpoint: String,
    /// The container's name.
    pub name: String,
}

/// Azurite's public account, and its key.
const ACCOUNT: &str = "devstoreaccount1";
const ACCOUNT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

impl AzureContainer {
    /// As planseal's configuration names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("az://{}", self.name)
    }

    /// What any client of Azure needs to know beside the name.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_STORAGE_ENDPOINT", self.account()),
            ("AZURE_ALLOW_HTTP", "true".to_owned()),
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned()),
            ("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY.to_owned()),
        ]
    }

    /// A client with its own connections, without TLS.
    ///
    /// # Panics
    /// When the endpoint is no address: a mistake in the test.
    #[must_use]
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        choose_ring();
        let client = MicrosoftAzureBuilder::new()
            .with_endpoint(self.account())
            .with_container_name(&self.name)
            .with_account(ACCOUNT)
            .with_access_key(ACCOUNT_KEY)
            .with_client_options(client_options())
            .with_retry(retries())
            .build();
        Arc::new(client.expect("endpoint, container, account and key are given"))
    }

    /// Makes the container; one that is there already is as good.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn create(&self) -> anyhow::Result<()> {
        let mut request = put(&format!("{}/{}?restype=container", self.account(), self.name))?;
        let key = AzureAccessKey::try_new(ACCOUNT_KEY)?;
        choose_ring();
        AzureAuthorizer::new(&AzureCredential::AccessKey(key), ACCOUNT).try_authorize(&mut request)?;
        send(request).await
    }

    fn account(&self) -> String {
        format!("{}/{ACCOUNT}", self.endpoint)
    }
}

/// The client library asks for the provider even where there is no TLS. An error means that it was chosen before; there is
/// only one in this workspace.
fn choose_ring() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// As the store's own clients have them (STORAGE): 5 s for a request.
fn client_options() -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(true)
        .with_connect_timeout(Duration::from_secs(2))
        .with_timeout(Duration::from_secs(5))
}

/// As the store's own clients: 8 s of tries in all.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 6,
        retry_timeout: Duration::from_secs(8),
    }
}

fn put(url: &str) -> anyhow::Result<HttpRequest> {
    let request = Request::builder().method(Method::PUT).uri(url);
    Ok(request
        .header("content-length", "0")
        .body(HttpRequestBody::empty())?)
}

async fn send(request: HttpRequest) -> anyhow::Result<()> {
    let url = request.uri().to_string();
    let client = ReqwestConnector::default().connect(&client_options())?;
    let response = client
        .execute(request)
        .await
        .with_context(|| format!("PUT {url}"))?;
    match response.status() {
        status if status.is_success() || status == StatusCode::CONFLICT => Ok(()),
        status => bail!("PUT {url} was answered {status}"),
    }
}
