//! Pages: the words of UX §1, three answers apart, and no markup from a plan.

use crate::kit::{Answer, Signer, ask, bundle, draft, file, get, plan};
use axum::http::{Method, StatusCode};
use planseal::check::Reader;
use planseal::code::{OfflineCode, Pointer};
use planseal::id::PlanId;
use planseal::validate::NumberRange;

fn check(field: &str, bytes: &[u8]) -> Answer {
    let mut body =
        format!("--edge\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"x\"\r\n\r\n")
            .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    ask(
        Method::POST,
        "/check",
        &[("content-type", "multipart/form-data; boundary=edge")],
        body,
    )
}

#[test]
fn the_first_page_lists_the_plans_with_their_verdicts() {
    let page = get("/").text();
    for name in ["MARLOWE-TESTCASE, Edith", "EXAMPLE-ROWNTREE, Callum"] {
        assert!(page.contains(name), "{name}");
    }
    assert!(page.contains(&format!("/e/{}", plan("P4-v5"))));
    assert!(page.contains("CURRENT \u{2014} WARNING"));
}

#[test]
fn a_plan_is_shown_by_its_emergency_summary_with_three_answers() {
    let page = get(&format!("/e/{}", plan("P4-v5"))).text();
    for words in [
        "CURRENT \u{2014} WARNING",
        "DNACPR",
        "999 310 0773",
        "Authentic?",
        "Current?",
        "Attachments?",
        "All match",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("check who decides"), "the report is shown");
    assert!(
        page.contains("without a confirmed plan"),
        "every state but CURRENT ends with the protocol line"
    );
    assert!(
        !get(&format!("/e/{}", plan("P5-v2")))
            .text()
            .contains("without a confirmed plan")
    );
}

#[test]
fn a_superseded_copy_keeps_allergies_in_sight_and_the_rest_behind_a_control() {
    let page = check("file", &file("pdf/P1-v1.pdf")).text();
    assert!(page.contains("SUPERSEDED") && page.contains("Do not rely on this copy"));
    let control = page.find("<details>").expect("a control");
    assert!(page.find("Penicillin").is_some_and(|allergy| allergy < control));
    assert!(page.find("cpr-dnacpr").is_some_and(|cpr| cpr > control));
}

#[test]
fn the_code_of_a_superseded_copy_keeps_its_cpr_decision_behind_a_control() {
    let code = |sample: &str| {
        let reader = Reader::default().pin(crate::kit::policy());
        let checked = reader.open_bundle(&bundle(sample)).unwrap();
        OfflineCode::new(checked.card().unwrap(), checked.stamp().unwrap())
            .unwrap()
            .text()
    };
    let old = check("code", code("P1-v1").as_bytes()).text();
    let control = old.find("<details>").unwrap();
    assert!(old.find("DNACPR").is_some_and(|cpr| cpr > control));
    assert!(old.find("Penicillin").is_some_and(|allergy| allergy < control));
    let current = check("code", code("P1-v3").as_bytes()).text();
    assert!(current.contains("DNACPR") && !current.contains("<details>"));
    assert!(current.contains("Choking and other reversible causes are still treated."));
}

#[test]
fn a_pointer_is_answered_neutrally() {
    let pointer = Pointer {
        plan: plan("P1-v3"),
        version_number: 3,
        version: bundle("P1-v3").version.id().prefix(),
    };
    let page = check("code", pointer.address("plans.nowhere.example").as_bytes());
    assert!(page.text().contains("Version 3 is the latest."));
    assert!(
        page.text()
            .contains("The words on your paper were NOT checked. Is this your patient?")
    );
    crate::kit::no_patient(&page.text());
    crate::kit::no_patient(&get("/v").text());
}

#[test]
fn what_cannot_be_read_is_never_called_false() {
    let page = check("code", b"hello").text();
    assert!(page.contains("CANNOT READ") && page.contains("This tells you nothing about the plan."));
    assert!(!page.contains("NOT GENUINE"));
    let page = check("code", b"<script>alert(1)</script>").text();
    assert!(!page.contains("<script>alert"));
}

#[test]
fn markup_in_a_plan_stays_words() {
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let mut draft = draft();
    draft["person"]["nhs_number"] = "999 600 0125".into();
    draft["person"]["name"]["family"] = "<b>Bold".into();
    draft["change_reason"] = hostile.into();
    draft["recommendations"]["emergency_advice"] = hostile.into();
    draft["card_line"] = "<i>\"'&amp;".into();
    let record = PlanId::from_bytes([6; 16]);
    let signed = Signer::of_p5().sign(&draft.to_string(), record, None, NumberRange::Test);
    let headers = [("content-type", "application/cose")];
    let published = ask(
        Method::POST,
        "/api/v1/plans",
        &headers,
        signed.encode().expect("a bundle"),
    );
    assert_eq!(published.status, StatusCode::CREATED, "{}", published.text());
    for page in [get("/").text(), get(&format!("/e/{record}")).text()] {
        for markup in ["<script>alert", "<img", "<b>", "<i>", "<B>"] {
            assert!(!page.contains(markup), "{markup}");
        }
    }
    assert!(
        get(&format!("/e/{record}"))
            .text()
            .contains("&lt;script&gt;alert(1)")
    );
}

#[test]
fn pages_hold_no_script_or_style_of_their_own() {
    for path in ["/".to_owned(), "/v".to_owned(), format!("/e/{}", plan("P3-v3"))] {
        let page = get(&path).text();
        assert!(
            !page.contains("<style") && !page.contains(" style=") && !page.contains(" onload="),
            "{path}"
        );
        assert!(
            page.matches("<script").count() <= 1 && !page.contains("<script>"),
            "{path}"
        );
    }
    assert_eq!(
        get("/assets/style.css").header("content-type"),
        "text/css; charset=utf-8"
    );
    assert_eq!(get("/assets/other").problem(), "not-found");
}

#[test]
fn a_form_without_its_parts_is_refused() {
    let headers = [("content-type", "multipart/form-data")];
    assert_eq!(
        ask(Method::POST, "/check", &headers, "x").problem(),
        "bad-request"
    );
}
