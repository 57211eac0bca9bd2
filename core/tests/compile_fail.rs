//! What must not compile: each file in `compile_fail/` tries to get evidence without earning it.

#[test]
fn evidence_cannot_be_made_up() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
