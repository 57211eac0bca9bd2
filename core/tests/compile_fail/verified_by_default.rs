//! There is no such thing as verified by default.
use planseal::card::Card;
use planseal::verify::Verified;

fn main() {
    let _: Verified<Card> = Verified::default();
}
