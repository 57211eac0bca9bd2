//! A key signs prepared statements and nothing else.
use planseal::sign::SigningPort;

fn sign(port: &dyn SigningPort) {
    let _ = port.sign(b"I refuse all treatment");
}

fn main() {}
