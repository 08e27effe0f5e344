//! What the server signs and proves, checked by the readers of `formats` alone.

use crate::formats;
use crate::server::House;
use crate::server::check_problem;
use crate::server::declaration;
use crate::server::entry;
use proptest::prelude::*;
use serde_json::Value;
use warroom::domain::LogId;
use warroom::domain::Scope;
use warroom::ledger::Checkpoint;
use warroom::ledger::Frontier;
use warroom::ledger::Hash;
use warroom::ledger::Position;
use warroom::ledger::SecretKey;
use warroom::ledger::leaf_hash;
use warroom::ledger::proof;

/// If this changes, signatures that exist can no longer be checked: change the program, not the vector.
const GOLDEN: &str = "warroom/0190a6f0-0000-7abc-8def-000000000001/2\n3\n1aypzALO7pHSHQTpYsVGfV6DFupZQtloL5gGOX9LAmc=\n\n\u{2014} warroom/0190a6f0-0000-7abc-8def-000000000001/2 JbkTSLSD7ewLivVPaCCUoucPwZ+osOQM3dA+EcHcNegxJQhIPEnPD98dyYGWyqEvzJOmCsUSAP2FzLoExOIj/n4KhQo=\n";

fn position() -> Position {
    let mut frontier = Frontier::default();
    for bytes in [b"one", b"two", b"six"] {
        frontier.push(leaf_hash(bytes));
    }
    let log: LogId = "0190a6f0-0000-7abc-8def-000000000001".parse().unwrap();
    Position { log, epoch: 2, seq: 3, root: frontier.root() }
}

#[test]
fn a_checkpoint_is_frozen_and_read_by_others() {
    let key = SecretKey::from_seed([42; 32]);
    let signed = Checkpoint::sign(position(), &key);
    assert_eq!(signed.note(), GOLDEN);
    assert_eq!(key.public().to_string(), "197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61");
    assert_eq!(key.public().fingerprint(), "SHA256:tgAwbPp2cj/ew5XlOps9n9t4seLXojwy/LzS3G0MQJI");
    let read = formats::checkpoint(GOLDEN, &formats::hash(&key.public().to_string())).expect("a checkpoint");
    assert_eq!((read.origin, read.size, read.root), (position().origin(), 3, position().root.0));
    assert_eq!(Checkpoint::open(GOLDEN, &key.public()).unwrap(), signed);
    assert_eq!(SecretKey::from_line(&key.to_line()).unwrap().public(), key.public());
}

#[test]
fn a_changed_checkpoint_is_none() {
    let key = SecretKey::from_seed([42; 32]);
    let (note, public) = (Checkpoint::sign(position(), &key).note().to_owned(), key.public());
    let other = SecretKey::from_seed([43; 32]);
    assert!(Checkpoint::open(&note, &other.public()).unwrap_err().to_string().contains(&other.public().fingerprint()));
    for (place, _) in note.char_indices() {
        let mut changed = note.clone().into_bytes();
        changed[place] ^= 1;
        if let Ok(changed) = String::from_utf8(changed) {
            assert!(Checkpoint::open(&changed, &public).is_err(), "{changed}");
            assert!(formats::checkpoint(&changed, &formats::hash(&public.to_string())).is_none(), "{changed}");
        }
    }
    for bad in ["", "\n\n", "warroom/x/1\n1\n\n\n", &"x".repeat(10_000), &note[..note.len() - 1], &note.replace("/2\n3\n", "/02\n3\n")] {
        assert!(Checkpoint::open(bad, &public).is_err(), "{bad}");
    }
}

fn grown(size: u64) -> (Vec<formats::Hash>, Vec<Hash>) {
    let (mut frontier, mut leaves, mut stored) = (Frontier::default(), Vec::new(), Vec::new());
    for place in 0..size {
        let bytes = format!("record {place}");
        leaves.push(formats::leaf(bytes.as_bytes()));
        stored.extend(frontier.push(leaf_hash(bytes.as_bytes())));
    }
    (leaves, stored)
}

fn plain(hashes: &[Hash]) -> Vec<formats::Hash> {
    hashes.iter().map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn proofs_of_any_size_hold_by_the_specification(size in 1_u64..600, at in 0_u64..600, from in 0_u64..600, flip in 0_usize..12) {
        let (leaves, stored) = grown(size);
        let nodes = |positions: &[u64]| positions.iter().map(|position| stored.get(*position as usize).copied()).collect();
        let (at, from) = (at % size, from % size + 1);
        let root = formats::tree(&leaves);
        prop_assert_eq!(proof::root(size, &nodes).unwrap().0, root);

        let path = proof::prove_inclusion(size, at + 1, &nodes).unwrap();
        prop_assert!(formats::is_included(at, leaves[at as usize], &plain(&path), size, root));
        prop_assert!(proof::check_inclusion(&path, size, Hash(root), at + 1, Hash(leaves[at as usize])));
        let mut gather = proof::Gather::new(size, [at + 1]);
        leaves.iter().for_each(|leaf| gather.push(Hash(*leaf)));
        prop_assert_eq!(gather.prove(at + 1).unwrap(), path.clone());

        let old = formats::tree(&leaves[..from as usize]);
        let steps = proof::prove_consistency(from, size, &nodes).unwrap();
        prop_assert!(formats::is_beginning(from, old, size, root, &plain(&steps)));
        prop_assert!(proof::check_consistency(&steps, (from, Hash(old)), (size, Hash(root))));

        // What is changed anywhere proves nothing, by either reading.
        for proof in [&path, &steps] {
            let mut bad = proof.clone();
            if let Some(hash) = bad.get_mut(flip) {
                hash.0[flip] ^= 1;
                prop_assert!(!formats::is_included(at, leaves[at as usize], &plain(&bad), size, root));
                prop_assert!(!proof::check_inclusion(&bad, size, Hash(root), at + 1, Hash(leaves[at as usize])));
                prop_assert!(!formats::is_beginning(from, old, size, root, &plain(&bad)));
                prop_assert!(!proof::check_consistency(&bad, (from, Hash(old)), (size, Hash(root))));
            }
        }
        prop_assert!(!proof::check_inclusion(&path, size, Hash(root), at + 1, Hash([9; 32])));
        prop_assert!(!proof::check_inclusion(&path, size, Hash(root), size + 1, Hash(leaves[at as usize])));
        prop_assert!(!proof::check_inclusion(&path, size, Hash(root), 0, Hash(leaves[at as usize])));
    }
}

async fn json(house: &House, token: &str, path: &str) -> Value {
    house.get(token, path).send().await.unwrap().json().await.unwrap()
}

fn hashes(value: &Value) -> Vec<formats::Hash> {
    value.as_array().expect("hashes").iter().map(|hash| formats::hash(hash.as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_running_server_proves_every_record_and_every_step() {
    let house = House::open().await;
    let token = house.token("ana", Scope::Responder);
    let key = formats::hash(json(&house, &token, "/v1/me").await["key"].as_str().expect("a key"));
    let (incident, declared) = declaration("ana", "Withdrawals suspended");
    house.push(&token, &[declared]).await;
    let mut seen = Vec::new();
    for round in 0..4 {
        let entries: Vec<_> = (0..=round).map(|place| entry("ana", incident, &format!("{round} {place}"))).collect();
        house.push(&token, &entries).await;
        let note = house.get(&token, "/v1/checkpoint").send().await.unwrap().text().await.unwrap();
        seen.push((formats::checkpoint(&note, &key).expect("signed by the key of /v1/me"), note));
    }
    let log = house.log(&token).await;
    let leaves: Vec<_> = log.iter().map(|(header, _)| formats::leaf(header.as_bytes())).collect();
    for (said, note) in &seen {
        assert_eq!(said.root, formats::tree(&leaves[..said.size as usize]));
        let answer: Value = house
            .post(&token, "/v1/checkpoint", serde_json::json!({ "checkpoint": note }).to_string())
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let now = formats::checkpoint(answer["checkpoint"].as_str().unwrap(), &key).unwrap();
        assert!(formats::is_beginning(said.size, said.root, now.size, now.root, &hashes(&answer["proof"])));
    }
    let newest = &seen[3].0;
    for (index, leaf) in leaves.iter().enumerate() {
        let proof = json(&house, &token, &format!("/v1/proof/inclusion?seq={}", index + 1)).await;
        assert_eq!(proof["checkpoint"].as_str(), Some(&*seen[3].1));
        assert!(formats::is_included(index as u64, *leaf, &hashes(&proof["path"]), newest.size, newest.root), "{proof}");
    }
    let proof = json(&house, &token, "/v1/proof/consistency?from=3&to=7").await;
    assert!(formats::is_beginning(3, formats::tree(&leaves[..3]), 7, formats::tree(&leaves[..7]), &hashes(&proof["proof"])));
    for path in
        ["/v1/proof/inclusion?seq=0", "/v1/proof/inclusion?seq=99", "/v1/proof/inclusion?seq=5&size=4", "/v1/proof/consistency?from=9&to=3"]
    {
        check_problem(house.get(&token, path).send().await.unwrap(), 404, "no_such_record").await;
    }
}

#[tokio::test]
async fn a_checkpoint_that_the_log_lacks_begins_a_new_epoch_once() {
    let house = House::open().await;
    let token = house.token("ana", Scope::Viewer);
    let note = house.get(&token, "/v1/checkpoint").send().await.unwrap().text().await.unwrap();
    let line = std::fs::read_to_string(house.folder.path().join("server").join("server.key")).unwrap();
    let key = SecretKey::from_line(&line).unwrap();
    let here = Checkpoint::claimed(&note).unwrap();
    let show = async |note: &str| {
        let body = serde_json::json!({ "checkpoint": note }).to_string();
        house.post(&token, "/v1/checkpoint", body).send().await.unwrap()
    };
    let ahead = Checkpoint::sign(Position { seq: 7, root: Hash([7; 32]), ..here }, &key);
    let forged = Checkpoint::sign(Position { root: Hash([7; 32]), ..here }, &key);
    check_problem(show(forged.note()).await, 409, "not_in_log").await;
    let later = Checkpoint::sign(Position { epoch: 5, ..here }, &key);
    for (shown, epoch) in [(&ahead, 2), (&ahead, 2), (&forged, 2), (&later, 6), (&ahead, 6)] {
        let answer: Value = serde_json::from_str(&show(shown.note()).await.text().await.unwrap()).unwrap();
        let now = Checkpoint::open(answer["checkpoint"].as_str().unwrap(), &key.public()).unwrap();
        assert_eq!((now.position.epoch, &answer["proof"]), (epoch, &Value::Null), "{answer}");
    }
    let foreign = Checkpoint::sign(here, &SecretKey::from_seed([1; 32]));
    check_problem(show(foreign.note()).await, 400, "bad_checkpoint").await;
    check_problem(show("nonsense").await, 400, "bad_checkpoint").await;
    assert_eq!(show(&note).await.status(), 200);
    let again = house.get(&token, "/v1/checkpoint").send().await.unwrap().text().await.unwrap();
    assert_eq!(Checkpoint::claimed(&again).unwrap().epoch, 6, "what was signed of an earlier epoch, or by another, begins none");
}
