//! libFuzzer's entry to [`planseal_fuzz::trust_policy`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::trust_policy(bytes));
