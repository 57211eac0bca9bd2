//! libFuzzer's entry to [`planseal_fuzz::add_checkpoint`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| planseal_fuzz::add_checkpoint(bytes));
