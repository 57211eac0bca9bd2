//! libFuzzer's entry to [`planseal_fuzz::sealed`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::sealed(bytes));
