//! Groups, hosts and variables as they stand, with precedence and without looking at what variables mean.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::inventory::draft::Draft;
use crate::inventory::draft::DraftGroup;
use crate::inventory::draft::PRIORITY;
use crate::inventory::order;
use crate::inventory::order::Lineages;
use crate::inventory::source;
use crate::inventory::source::Origin;
use crate::inventory::source::Reading;
use crate::inventory::variables::Beside;
use crate::inventory::variables::by_name;
use crate::syntax::Node;

/// Groups, hosts and variables; connection settings are not looked at.
#[derive(Debug)]
pub struct Tree {
    pub(super) draft: Draft,
    lineages: Lineages,
    /// What the files beside each source say, the weakest first.
    beside: Vec<Arc<Beside>>,
    /// What the files beside the playbook say.
    beside_playbook: Arc<Beside>,
    extra: BTreeMap<String, Node>,
}

/// What was read, and what is wrong with it.
#[derive(Debug)]
pub struct Read {
    /// What could be read, mistakes left out as Ansible leaves them out; `None` when nothing can be made of it.
    pub tree: Option<Tree>,
    /// Mistakes in sources. Ansible warns of them and goes on without what they spoil.
    pub in_sources: Vec<Diagnostic>,
    /// Mistakes in files of variables, which end Ansible.
    pub in_variables: Vec<Diagnostic>,
}

/// A group of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Group<'t> {
    tree: &'t Tree,
    position: usize,
    named: &'t DraftGroup,
}

/// A host of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Member<'t> {
    tree: &'t Tree,
    pub(super) position: usize,
}

impl Tree {
    /// Reads sources, and the files of variables beside them. Without a way to the disk only texts are read.
    pub fn read(
        origins: &[Origin],
        reading: Option<&Reading>,
        extra: &BTreeMap<String, Node>,
    ) -> Read {
        let taken = source::take(origins, reading);
        let mut in_sources = taken.mistakes;
        let mut draft = taken.intake.draft;
        clashes(&draft, &mut in_sources);
        if taken.is_any_whole {
            draft.complete();
        }
        let mut in_variables = Vec::new();
        let (beside, beside_playbook) = match reading {
            Some(reading) => files(&mut draft, origins, reading, &mut in_variables),
            None => (Vec::new(), Arc::default()),
        };
        let tree = match order::order(&draft) {
            Ok(_) if taken.is_any_whole && draft.is_upside_down => None,
            Ok(order) => Some(Self {
                lineages: Lineages::of(&draft, order),
                draft,
                beside,
                beside_playbook,
                extra: extra.clone(),
            }),
            Err(mistake) => {
                in_sources.push(*mistake);
                None
            }
        };
        Read {
            tree,
            in_sources,
            in_variables,
        }
    }

    /// Every host once, in the order in which sources name them.
    pub fn hosts(&self) -> impl Iterator<Item = Member<'_>> {
        (0..self.draft.hosts.len()).map(|position| Member {
            tree: self,
            position,
        })
    }

    /// The host with this name.
    pub fn host(&self, name: &str) -> Option<Member<'_>> {
        let position = self.draft.known_host(name)?;
        Some(Member {
            tree: self,
            position,
        })
    }

    /// The group with this name.
    pub fn group(&self, name: &str) -> Option<Group<'_>> {
        self.at(self.draft.known_group(name)?)
    }

    fn at(&self, position: usize) -> Option<Group<'_>> {
        let named = self.draft.groups.get(position)?;
        Some(Group {
            tree: self,
            position,
            named,
        })
    }

    /// The groups of a host, weakest first, `all` at the beginning.
    pub(super) fn groups_of(&self, direct: &[usize]) -> Vec<usize> {
        self.lineages.groups(&self.draft, direct)
    }

    /// The variables that members of these groups have from them; `groups` as [`Tree::groups_of`] gives them.
    pub(super) fn inherited(&self, groups: &[usize]) -> BTreeMap<&str, &Node> {
        let inline = groups
            .iter()
            .filter_map(|group| self.draft.groups.get(*group))
            .map(|group| &group.vars);
        let (all, others) = groups.split_at(groups.len().min(1));
        let playbook = std::slice::from_ref(&self.beside_playbook);
        let files = [
            (&*self.beside, all),
            (playbook, all),
            (&*self.beside, others),
            (playbook, others),
        ];
        let files = files.into_iter().flat_map(|(besides, groups)| {
            besides.iter().flat_map(move |beside| {
                groups
                    .iter()
                    .filter_map(move |group| beside.groups.get(group))
            })
        });
        by_name(inline.chain(files))
    }

    /// The variables that are a host's own, extra ones among them.
    pub(super) fn own(&self, host: usize) -> BTreeMap<&str, &Node> {
        let inline = self.draft.hosts.get(host).map(|host| &*host.vars);
        let files = self
            .beside
            .iter()
            .chain(std::iter::once(&self.beside_playbook))
            .filter_map(|beside| beside.hosts.get(&host));
        let mut own = by_name(inline.into_iter().chain(files));
        own.extend(
            self.extra
                .iter()
                .map(|(name, value)| (name.as_str(), value)),
        );
        own
    }

    /// Every variable that a source or a file sets, under the name that it sets.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &Node)> {
        let groups = self.draft.groups.iter().map(|group| &group.vars);
        let hosts = self.draft.hosts.iter().map(|host| &*host.vars);
        let files = self
            .beside
            .iter()
            .chain(std::iter::once(&self.beside_playbook))
            .flat_map(|beside| beside.groups.values().chain(beside.hosts.values()));
        groups
            .chain(hosts)
            .chain(files)
            .flatten()
            .map(|(name, value)| (&**name, value))
    }
}

impl<'t> Group<'t> {
    /// Its name.
    pub fn name(&self) -> &'t str {
        &self.named.name
    }

    /// Its children, in the order in which sources name them.
    pub fn children(&self) -> impl Iterator<Item = Group<'t>> {
        let tree = self.tree;
        let children = self.named.children.iter();
        children.filter_map(move |child| tree.at(*child))
    }

    /// The hosts that it names itself, in the order in which sources name them.
    pub fn hosts(&self) -> impl Iterator<Item = Member<'t>> {
        let tree = self.tree;
        let hosts = self.named.hosts.iter();
        hosts.map(move |host| Member {
            tree,
            position: *host,
        })
    }

    /// Every host that it or a group below it names.
    pub fn members(&self) -> BTreeSet<usize> {
        let mut groups = BTreeSet::new();
        let mut waiting = vec![self.position];
        while let Some(position) = waiting.pop() {
            if groups.insert(position)
                && let Some(group) = self.tree.draft.groups.get(position)
            {
                waiting.extend(&group.children);
            }
        }
        groups
            .into_iter()
            .filter_map(|group| self.tree.draft.groups.get(group))
            .flat_map(|group| group.hosts.iter().copied())
            .collect()
    }

    /// `ansible_group_priority`, when it is not 1.
    pub fn priority(&self) -> Option<i64> {
        Some(self.named.priority).filter(|priority| *priority != 1)
    }

    /// The variables that are set on it, those of files beside sources among them, and those beside the playbook if they
    /// are asked for.
    pub fn vars(&self, playbook: Playbook) -> BTreeMap<&'t str, &'t Node> {
        let files = self
            .tree
            .beside
            .iter()
            .chain((playbook == Playbook::Counts).then_some(&self.tree.beside_playbook))
            .filter_map(|beside| beside.groups.get(&self.position));
        by_name(std::iter::once(&self.named.vars).chain(files))
    }
}

/// Whether the files beside the playbook count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playbook {
    /// They do.
    Counts,
    /// Only those beside the sources do.
    IsLeftOut,
}

impl<'t> Member<'t> {
    /// Its name.
    pub fn name(&self) -> &'t str {
        let host = self.tree.draft.hosts.get(self.position);
        host.map(|host| &*host.name).unwrap_or_default()
    }

    /// Its position among all hosts.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The groups that name it: hosts of the same ones inherit the same variables.
    pub fn kin(&self) -> &'t [usize] {
        let host = self.tree.draft.hosts.get(self.position);
        host.map(|host| host.groups.as_slice()).unwrap_or_default()
    }

    /// The variables that are its own, and win over those that it inherits.
    pub fn own(&self) -> BTreeMap<&'t str, &'t Node> {
        self.tree.own(self.position)
    }

    /// The variables that it has from its groups.
    pub fn inherited(&self) -> BTreeMap<&'t str, &'t Node> {
        self.tree.inherited(&self.tree.groups_of(self.kin()))
    }

    /// All its variables. Hosts of the same groups share what `inherited` keeps of one call for the next.
    pub fn vars(&self, inherited: &mut Inherited<'t>) -> BTreeMap<&'t str, &'t Node> {
        let kin = inherited.0.entry(self.kin());
        let mut vars = kin.or_insert_with(|| self.inherited()).clone();
        vars.extend(self.own());
        vars
    }
}

/// What groups give their members, once for each set of groups.
#[derive(Debug, Default)]
pub struct Inherited<'t>(HashMap<&'t [usize], BTreeMap<&'t str, &'t Node>>);

/// Reads the files of variables beside sources and beside the playbook.
fn files(
    draft: &mut Draft,
    origins: &[Origin],
    reading: &Reading,
    mistakes: &mut Vec<Diagnostic>,
) -> (Vec<Arc<Beside>>, Arc<Beside>) {
    let mut folders: Vec<_> = origins
        .iter()
        .filter_map(|origin| origin.folder(&*reading.files))
        .collect();
    // Of a folder that comes again, only the last time counts: it wins over what is between.
    let mut seen = BTreeSet::new();
    folders.reverse();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders.reverse();
    let mut known: BTreeMap<PathBuf, Arc<Beside>> = BTreeMap::new();
    let mut read = |folder: &PathBuf| {
        let read = || Arc::new(Beside::read(folder, draft, reading, mistakes));
        Arc::clone(known.entry(folder.clone()).or_insert_with(read))
    };
    let beside = folders.iter().map(&mut read).collect();
    let playbook = reading.playbook_folder.as_ref().map(read);
    (beside, playbook.unwrap_or_default())
}

/// A pattern cannot tell a host from a group of the same name.
fn clashes(draft: &Draft, mistakes: &mut Vec<Diagnostic>) {
    for group in &draft.groups {
        if let Some(span) = &group.span
            && draft.known_host(&group.name).is_some()
        {
            mistakes.push(
                Diagnostic::warning(
                    "name-clash",
                    format!("`{}` is a group and a host", group.name),
                )
                .at(span)
                .label("patterns mean the group"),
            );
        }
    }
}

/// The name under which the rank of a group is shown among its variables.
pub const GROUP_PRIORITY: &str = PRIORITY;
