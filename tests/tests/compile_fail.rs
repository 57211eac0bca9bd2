//! What must not compile in store and render: each file in `compile_fail/` hands them something unverified.

#[test]
fn nothing_unverified_is_appended_or_printed() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
