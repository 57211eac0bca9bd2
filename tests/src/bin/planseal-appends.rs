//! Appends to a store until it is killed (`append`), or judges what it said before (`judge`, with what it said on the
//! standard input). `planseal_tests::appending` says what it says.

use std::io::Read;
use std::process::ExitCode;

use planseal_tests::appending::{Heard, append_for_ever, judge, place};

const USAGE: &str = "planseal-appends append durable|unflushed FOLDER KEYFILE FIRST-NUMBER
planseal-appends judge durable|unflushed FOLDER KEYFILE < what it said
Judging prints: acknowledged, of them lost, seen, of them lost, leaves, and `opened` or why not.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["append", road, root, key_file, first] => match (place(road, root, key_file), first.parse()) {
            (Some(place), Ok(first)) => append_for_ever(&place, first).await,
            _ => Err(USAGE.to_owned()),
        },
        ["judge", road, root, key_file] => match place(road, root, key_file) {
            Some(place) => {
                let mut said = String::new();
                let heard = std::io::stdin().read_to_string(&mut said);
                let mut all = Heard::default();
                all.listen(&said);
                println!("{}", judge(&place, &all).await);
                heard.map(drop).map_err(|failure| failure.to_string())
            }
            None => Err(USAGE.to_owned()),
        },
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}
