//! Quads as canonical N-Quads, by RDFC-1.0.

use oxrdf::{
    BlankNode, Dataset, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term,
    dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm},
};
use rdf_types::{BlankIdBuf, Id, LiteralType, Object};
use ssi_rdf::LexicalQuad;

use crate::canonical::NodeHash;

/// The quads with canonical names for nodes without id, a line each, in the order of code points.
/// Time grows with the factorial of the number of nodes that look the same.
pub(crate) fn canonical(quads: Vec<LexicalQuad>, hash: NodeHash) -> String {
    let mut dataset: Dataset = quads.into_iter().map(quad).collect();
    let hash_algorithm = match hash {
        NodeHash::Sha256 => CanonicalizationHashAlgorithm::Sha256,
        NodeHash::Sha384 => CanonicalizationHashAlgorithm::Sha384,
    };
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort_unstable();
    lines.concat()
}

// Everything was checked by the library that it comes from.
fn quad(
    LexicalQuad {
        0: subject,
        1: predicate,
        2: object,
        3: graph,
    }: LexicalQuad,
) -> Quad {
    let subject = match subject {
        Id::Iri(iri) => NamedOrBlankNode::NamedNode(NamedNode::new_unchecked(iri)),
        Id::Blank(id) => NamedOrBlankNode::BlankNode(blank(&id)),
    };
    let object = match object {
        Object::Id(Id::Iri(iri)) => Term::NamedNode(NamedNode::new_unchecked(iri)),
        Object::Id(Id::Blank(id)) => Term::BlankNode(blank(&id)),
        Object::Literal(literal) => Term::Literal(match literal.type_ {
            LiteralType::Any(iri) => {
                Literal::new_typed_literal(literal.value, NamedNode::new_unchecked(iri))
            }
            LiteralType::LangString(tag) => {
                Literal::new_language_tagged_literal_unchecked(literal.value, tag.as_str())
            }
        }),
    };
    let graph = match graph {
        None => GraphName::DefaultGraph,
        Some(Id::Iri(iri)) => GraphName::NamedNode(NamedNode::new_unchecked(iri)),
        Some(Id::Blank(id)) => GraphName::BlankNode(blank(&id)),
    };
    Quad::new(subject, NamedNode::new_unchecked(predicate), object, graph)
}

fn blank(id: &BlankIdBuf) -> BlankNode {
    BlankNode::new_unchecked(id.suffix())
}
