//! The organisation's settings: built in, read from TOML, and as they cross the network.

use crate::domain::Matrix;
use crate::domain::Org;
use crate::domain::PersonDefinition;
use crate::domain::RoleDefinition;
use crate::domain::ServiceDefinition;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

const MATRIX_TOML: &str = include_str!("../../assets/matrix.toml");
const ROLES_TOML: &str = include_str!("../../assets/roles.toml");

/// The answer of `GET /v1/org`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrgBody {
    /// How priority is computed.
    #[schema(value_type = Object)]
    pub matrix: Matrix,
    /// The roles there are.
    #[schema(value_type = Vec<Object>)]
    pub roles: Vec<RoleDefinition>,
    /// The services there are, as far as they were published.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub services: Vec<ServiceDefinition>,
    /// The people there are, as far as they were published.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub people: Vec<PersonDefinition>,
    /// The record they come from; 0 for what is built in.
    pub seq: u64,
}

impl From<&Org> for OrgBody {
    fn from(org: &Org) -> Self {
        let Org { matrix, roles, services, people, seq } = org.clone();
        Self { matrix, roles, services, people, seq }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolesFile {
    roles: Vec<RoleDefinition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServicesFile {
    services: Vec<ServiceDefinition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeopleFile {
    people: Vec<PersonDefinition>,
}

/// The settings every log starts from.
///
/// # Panics
/// Never in a released program: a test reads the built-in files.
pub fn builtin_org() -> Org {
    let matrix = read_matrix(MATRIX_TOML).unwrap_or_else(|why| panic!("assets/matrix.toml: {why}"));
    let roles = read_roles(ROLES_TOML).unwrap_or_else(|why| panic!("assets/roles.toml: {why}"));
    Org { matrix, roles, services: Vec::new(), people: Vec::new(), seq: 0 }
}

/// Reads a matrix file.
///
/// # Errors
/// Line, what is wrong, what is expected.
pub fn read_matrix(text: &str) -> Result<Matrix, String> {
    let matrix: Matrix = toml::from_str(text).map_err(|why| why.to_string())?;
    matrix.check()?;
    Ok(matrix)
}

/// Reads a roles file.
///
/// # Errors
/// Line, what is wrong, what is expected.
pub fn read_roles(text: &str) -> Result<Vec<RoleDefinition>, String> {
    let file: RolesFile = toml::from_str(text).map_err(|why| why.to_string())?;
    if !file.roles.iter().any(|role| role.id.is_commander()) {
        return Err("there is no role with id `commander`; command needs one".into());
    }
    Ok(file.roles)
}

/// Reads a services file.
///
/// # Errors
/// Line, what is wrong, what is expected.
pub fn read_services(text: &str) -> Result<Vec<ServiceDefinition>, String> {
    let file: ServicesFile = toml::from_str(text).map_err(|why| why.to_string())?;
    twice(file.services.iter().map(|service| service.id.as_str()))?;
    Ok(file.services)
}

/// Reads a people file.
///
/// # Errors
/// Line, what is wrong, what is expected.
pub fn read_people(text: &str) -> Result<Vec<PersonDefinition>, String> {
    let file: PeopleFile = toml::from_str(text).map_err(|why| why.to_string())?;
    twice(file.people.iter().map(|person| person.id.as_str()))?;
    Ok(file.people)
}

fn twice<'a>(mut ids: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    ids.try_for_each(|id| if seen.insert(id) { Ok(()) } else { Err(format!("`{id}` stands there twice")) })
}
