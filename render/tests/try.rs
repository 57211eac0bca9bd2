#[test] fn t() {
use planseal::time::Date; use planseal_render::specimen::*;
let s = Specimen { name: "Imogen Placeholder-Finch", born: Date::parse("1969-11-30").unwrap(), address: "9 Sample Mews, ZZ99 3CZ",
 refuses: &["invasive and non-invasive mechanical ventilation","CPR"], circumstances:"whenever I cannot decide for myself and my heart or breathing is failing because of my cancer",
 life_at_risk:"I refuse these treatments even if my life is at risk.", note:"I do not refuse antibiotics, transfusion or drainage.", signed_by:"Imogen Placeholder-Finch", witness:"Harriet Examplesworth, neighbour, 8 Sample Mews", made: Date::parse("2026-06-18").unwrap()};
std::fs::write("/tmp/spec.pdf", scan(&s).unwrap()).unwrap();
}
