//! People make keys, an issuer makes their profiles, and they get at them by all their ways.

use idos_client::{
    Client, FlowError,
    issuer::Issuer,
    person::{Keys, Person, is_key_ring},
};
use idos_crypto::{Factor, NewFactor, Password, PasswordCost};

use super::{
    Report, Step, TourError,
    cast::{Cast, Opened, PersonRole},
};

pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const NEW_PASSWORD: &str = "another long enough password";
const SECRET: &str = "name@mail.example";

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("profiles")?;
    let password = Password::new(PASSWORD)?;
    let wrong = Password::new("a wrong password")?;
    let issuer = &cast.kyc.issuer;
    let network = cast.network.clone();
    for role in [&mut cast.near, &mut cast.xrpl] {
        let keys = Keys::compatible(Person::new_id().step(role.who)?, &password).step(role.who)?;
        let person = create(&network, issuer, role, &keys).await?;
        let (right, refused) = (
            person.unlock_compatible(&password),
            person.unlock_compatible(&wrong),
        );
        report.check(
            role.who,
            "the password opens the profile, a wrong one does not",
            right.is_ok() && matches!(refused, Err(FlowError::WrongPassword)),
        )?;
        role.opened = Some(Opened {
            person,
            keys,
            kyc: None,
        });
    }
    with_key_ring(cast, report, &password, &wrong).await?;
    let role = &cast.stellar;
    let (person, keys) = create_with_ring(&network, &cast.kyc.issuer, role, &password).await?;
    cast.stellar.opened = Some(Opened {
        person,
        keys,
        kyc: None,
    });
    Ok(())
}

/// The EVM person has a key ring: a password that can be changed, and recovery words.
async fn with_key_ring(
    cast: &mut Cast,
    report: &mut Report,
    password: &Password,
    wrong: &Password,
) -> Result<(), TourError> {
    let network = cast.network.clone();
    let role = &mut cast.evm;
    let who = role.who;
    let (mut person, _) = create_with_ring(&network, &cast.kyc.issuer, role, password).await?;
    let keys = person
        .unlock(&Factor::Password(password), 0)
        .await
        .step(who)?;
    let refused = person.unlock(&Factor::Password(wrong), 0).await;
    report.check(
        who,
        "the key ring opens by the password, and not by a wrong one",
        matches!(refused, Err(FlowError::Unlock(_))),
    )?;

    let new = Password::new(NEW_PASSWORD)?;
    let keys = person
        .change_password(&keys, &new, PasswordCost::LEAST)
        .await
        .step(who)?;
    let old = person.unlock(&Factor::Password(password), 0).await;
    report.check(
        who,
        "after a change the new password opens the same keys, the old one nothing",
        keys.public_key() == person.shown_key() && old.is_err(),
    )?;

    let (keys, words) = person.add_recovery_words(&keys).await.step(who)?;
    let seen = keys.revision().unwrap_or(0);
    let (recovered, recovered_keys) = Person::recover(network, &words, seen).await.step(who)?;
    report.check(
        who,
        "the recovery words alone lead to the same profile and keys",
        recovered.id() == person.id() && recovered_keys.public_key() == keys.public_key(),
    )?;

    person
        .add_attribute(&keys, "email", SECRET)
        .await
        .step(who)?;
    let rows = person.attribute_rows().await.step(who)?;
    let stored = rows.iter().find(|(row, _)| row.attribute_key == "email");
    let opened = person.attributes(&keys).await.step(who)?;
    report.check(
        who,
        "an attribute lies sealed on the network and opens for its person",
        stored.is_some_and(|(row, _)| !row.value.contains(SECRET))
            && opened
                .iter()
                .flat_map(|it| &it.value)
                .any(|value| value.text() == Some(SECRET))
            && rows.iter().any(|(row, _)| is_key_ring(row)),
    )?;
    let wallets = person.wallets().await.step(who)?;
    report.saw(who, &format!("{} linked wallets", wallets.len()))?;
    role.opened = Some(Opened {
        person,
        keys,
        kyc: None,
    });
    Ok(())
}

/// A person whose random keys are in a key ring that opens by the password.
async fn create_with_ring(
    network: &Client,
    issuer: &Issuer,
    role: &PersonRole,
    password: &Password,
) -> Result<(Person, Keys), TourError> {
    let who = role.who;
    let factor = NewFactor::Password(password, PasswordCost::LEAST);
    let keys = Keys::new_ring(Person::new_id().step(who)?, &factor).step(who)?;
    let person = create(network, issuer, role, &keys).await?;
    person.store_key_ring(&keys).await.step(who)?;
    Ok((person, keys))
}

async fn create(
    network: &Client,
    issuer: &Issuer,
    role: &PersonRole,
    keys: &Keys,
) -> Result<Person, TourError> {
    let facts = Person::profile_facts(network.chain_id(), keys, role.wallet.as_ref())
        .await
        .step(role.who)?;
    issuer.create_profile(&facts).await.step("KYC issuer")?;
    let client = network.clone().with_wallet(role.wallet.clone());
    Person::open(client).await.step(role.who)
}
