//! libFuzzer's entry to [`planseal_fuzz::witness_policy`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::witness_policy(bytes));
