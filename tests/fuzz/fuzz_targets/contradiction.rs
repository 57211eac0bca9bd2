//! libFuzzer's entry to [`planseal_fuzz::contradiction`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::contradiction(bytes));
