//! libFuzzer's entry to [`planseal_fuzz::proof`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::proof(bytes));
