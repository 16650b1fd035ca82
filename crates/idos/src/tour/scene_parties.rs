//! The network's owner admits issuers and consumers, who publish their keys.

use idos_client::{FlowError, party::NewPartyKeys};
use idos_types::Value;

use super::{
    Network, Report, Step, TourError,
    cast::{Cast, IssuerRole, other_key},
    is_refused,
};

/// The scene.
pub(crate) async fn play(
    cast: &mut Cast,
    network: &Network,
    report: &mut Report,
) -> Result<(), TourError> {
    report.scene("parties")?;
    let who = "owner of the network";
    report.saw(who, &format!("{} nodes", network.nodes()))?;
    for issuer in [&cast.kyc, &cast.personhood] {
        admit_issuer(cast, issuer).await?;
        let keys = NewPartyKeys {
            name: issuer.who,
            did: Some(issuer.signer.id()),
            signing: issuer.issuer.signing_key(),
            encryption: issuer.issuer.as_consumer().public_key(),
        };
        let client = issuer.issuer.client();
        client
            .publish_party_keys(issuer.party, &keys)
            .await
            .step(issuer.who)?;
    }
    for consumer in [&cast.first, &cast.second] {
        let party = vec![
            Value::Uuid(consumer.party.0),
            Value::from(consumer.address()),
            Value::from("consumer"),
        ];
        cast.owner
            .execute("add_party_as_owner", party)
            .await
            .step(who)?;
        let keys = NewPartyKeys {
            name: consumer.who,
            did: None,
            signing: &consumer.signing,
            encryption: consumer.consumer.public_key(),
        };
        let client = consumer.consumer.client();
        client
            .publish_party_keys(consumer.party, &keys)
            .await
            .step(consumer.who)?;
    }

    let anybody = "anybody";
    let trusted = cast.network.trusted_issuers().await.step(anybody)?;
    report.check(
        anybody,
        "the admitted issuers are on the proved trust list, the consumers are not",
        trusted.trusts(cast.kyc.signer.id())
            && trusted.trusts(cast.personhood.signer.id())
            && !trusted.trusts(&cast.first.address()),
    )?;
    let recipient = cast
        .network
        .consumer(cast.first.party)
        .await
        .step(anybody)?;
    report.check(
        anybody,
        "the key of a consumer is proved, and is the one that it published",
        recipient.key() == cast.first.consumer.public_key(),
    )?;
    let given = cast
        .network
        .recipient_at(&cast.first.address(), Some(other_key()?))
        .await;
    report.check(
        anybody,
        "another key in the name of that consumer is refused",
        matches!(given, Err(FlowError::RecipientKey { .. })),
    )?;
    let stranger = cast.second.consumer.client();
    let keys = NewPartyKeys {
        name: "somebody else",
        did: None,
        signing: &cast.second.signing,
        encryption: other_key()?,
    };
    let taken = stranger.publish_party_keys(cast.first.party, &keys).await;
    report.check(
        cast.second.who,
        "publishing keys in the name of another party is refused",
        is_refused(&taken),
    )
}

async fn admit_issuer(cast: &Cast, issuer: &IssuerRole) -> Result<(), TourError> {
    let key = issuer.issuer.public_key();
    let inserter = Value::Uuid(issuer.inserter.0);
    for (action, arguments) in [
        (
            "add_inserter_as_owner",
            vec![inserter.clone(), Value::from(issuer.inserter.to_string())],
        ),
        (
            "add_delegate_as_owner",
            vec![Value::from(key.as_str()), inserter.clone()],
        ),
        (
            "add_party_as_owner",
            vec![
                Value::Uuid(issuer.party.0),
                Value::from(key.as_str()),
                Value::from("issuer,consumer"),
            ],
        ),
    ] {
        cast.owner
            .execute(action, arguments)
            .await
            .step("owner of the network")?;
    }
    Ok(())
}
