//! libFuzzer's entry to [`planseal_fuzz::profile`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::profile(bytes));
