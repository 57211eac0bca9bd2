use super::*;
use planseal::draft::PlanDraft;
use planseal::validate::{Context, NumberRange};
use planseal::plan::person::*;
use planseal::id::PlanId;
fn plan(name:&str)->(PlanVersion, Vec<Vec<u8>>) {
    let text=std::fs::read_to_string(format!("../keys-example/plans/{name}.json")).unwrap();
    let mut d=PlanDraft::from_json(&text).unwrap();
    let mut files=vec![];
    let names: Vec<String> = d.unfilled_attachments().iter().map(|s| s.to_string()).collect();
    for n in names { let b=format!("%PDF fake {n}").into_bytes(); d.fill_attachment(&n,&b).unwrap(); files.push(b); }
    let p=d.validate(&Context{at:Timestamp::parse(&format!("{}T10:32:00Z", text.split("effective_from\": \"").nth(1).unwrap().get(..10).unwrap())).unwrap(),numbers:NumberRange::Test,plan:PlanId::from_bytes([0x5a;16]),salt:[1;16],
      author:Author::new("Dr Tomas Sandbox-Ivers",Some(Registration::new(RegistrationBody::Gmc,"9900022").unwrap()),"Consultant in palliative medicine",OrgCode::parse("TEST-HOS1").unwrap()).unwrap(),predecessor:None});
    (match p {Ok(p)=>p,Err(e)=>panic!("{e}")},files)
}
#[test] fn t() {
  let known=Known{at:Timestamp::parse("2026-11-22T14:32:00Z").unwrap(),standing:Standing::Latest,endorsements:vec![],reports:vec![]};
  let codes=Codes{pointer:format!("https://plans.example/v#{}","7310".repeat(22).get(..85).unwrap()),offline:format!("PS1:{}","A7F%3".repeat(138))};
  for n in ["P1-v3","P2-v2","P3-v3","P4-v5","P5-v2"] {
    let (p,f)=plan(n);
    let att:Vec<Attached>=f.iter().map(|b|Attached{bytes:b}).collect();
    let b=signed_pages(&p,ObjectId::of(b"x"),&Beside{known:&known,codes:&codes,bundle:b"PLANSEAL-BUNDLE-1....",attachments:&att,printed_at:known.at}).unwrap();
    std::fs::write(format!("/tmp/out/{n}.pdf"),b).unwrap();
    std::fs::write(format!("/tmp/out/{n}-preview.pdf"),preview(&p).unwrap()).unwrap();
  }
}
