//! Values with their types, as the language's type system (cty) has them: known, null, or known only in part.
//! Knows nothing of how they are computed.

use super::number::Number;
use super::set;
use super::types::Type;
use std::collections::BTreeMap;
use std::sync::Arc;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

/// Values in a value. A few lines that double a list again and again would not fit any memory.
const WEIGHT: usize = 2_000_000;
/// Values within values.
const DEPTH: u16 = 100;
/// Bytes of a string.
const TEXT: usize = 16 << 20;

/// A value with its marks. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    pub(crate) marks: Marks,
}

/// A value without its marks.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Of this type and nothing more is known, but what its range tells.
    Unknown(Type, Option<Arc<Range>>),
    Null(Type),
    Bool(bool),
    Number(Number),
    /// In normal form C.
    String(Arc<str>),
    /// The type of the elements, and the elements.
    List(Type, Arc<Items<Vec<Value>>>),
    /// The type of the elements, and the elements in the order in which the language iterates over them.
    Set(Type, Arc<Items<Vec<Value>>>),
    Map(Type, Arc<Items<BTreeMap<Arc<str>, Value>>>),
    Tuple(Arc<Items<Vec<Value>>>),
    Object(Arc<Items<BTreeMap<Arc<str>, Value>>>),
}

/// What must not be shown, or not be kept. Spreads to whatever is computed from the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    pub(crate) sensitive: bool,
    pub(crate) ephemeral: bool,
}

/// What is known of an unknown value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Range {
    pub(crate) not_null: bool,
    /// What a string begins with.
    pub(crate) prefix: Option<Arc<str>>,
    /// Elements of a collection: at least, at most.
    pub(crate) length: (usize, Option<usize>),
    /// Bounds of a number, and whether they belong to it.
    pub(crate) low: Option<(Number, bool)>,
    pub(crate) high: Option<(Number, bool)>,
}

/// The elements of a collection.
#[derive(Debug)]
pub(crate) struct Items<T> {
    pub(crate) values: T,
    weight: usize,
    depth: u16,
}

impl Marks {
    pub(crate) const SENSITIVE: Self = Self { sensitive: true, ephemeral: false };

    pub(crate) fn or(self, other: Self) -> Self {
        Self { sensitive: self.sensitive | other.sensitive, ephemeral: self.ephemeral | other.ephemeral }
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Self { kind, marks: Marks::default() }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Kind::Bool(value).into()
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Kind::Number(value).into()
    }
}

/// Weight and depth of a collection with these elements; none if it is more than a value may be.
fn measure<'a>(elements: impl Iterator<Item = &'a Value>) -> Option<(usize, u16)> {
    let (mut weight, mut depth) = (1_usize, 0);
    for element in elements {
        let (inner_weight, inner_depth) = element.size();
        weight += inner_weight;
        depth = depth.max(inner_depth);
        if weight > WEIGHT {
            return None;
        }
    }
    (depth < DEPTH).then_some((weight, depth + 1))
}

fn items<T>(values: T, measured: Option<(usize, u16)>, kind: impl FnOnce(Arc<Items<T>>) -> Kind) -> Value {
    match measured {
        Some((weight, depth)) => kind(Arc::new(Items { values, weight, depth })).into(),
        // Larger than any configuration is: nobody can tell what it would have been.
        None => Value::dynamic(),
    }
}

impl Value {
    /// Nothing is known of it, not even its type.
    pub(crate) fn dynamic() -> Self {
        Self::unknown(Type::Dynamic)
    }

    pub(crate) fn unknown(value_type: Type) -> Self {
        Kind::Unknown(value_type, None).into()
    }

    pub(crate) fn null(value_type: Type) -> Self {
        Kind::Null(value_type).into()
    }

    pub(crate) fn string(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.len() > TEXT {
            return Self::unknown(Type::String);
        }
        match text.is_ascii() || is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
            true => Kind::String(text.into()).into(),
            false => Kind::String(text.nfc().collect::<String>().into()).into(),
        }
    }

    pub(crate) fn integer(value: usize) -> Self {
        Kind::Number(Number::from(value)).into()
    }

    /// A list; its elements are of the type, or not known at all.
    pub(crate) fn list(element: Type, values: Vec<Self>) -> Self {
        let measured = measure(values.iter());
        items(values, measured, |items| Kind::List(element, items))
    }

    /// A set of these elements, in order and each once. Marks of the elements become the set's.
    pub(crate) fn set(element: Type, values: Vec<Self>) -> Self {
        let mut marks = Marks::default();
        let values = values.into_iter().map(|value| value.unmarked_deep(&mut marks)).collect();
        let values = set::arranged(values);
        let measured = measure(values.iter());
        items(values, measured, |items| Kind::Set(element, items)).marked(marks)
    }

    pub(crate) fn map(element: Type, values: BTreeMap<Arc<str>, Self>) -> Self {
        let measured = measure(values.values());
        items(values, measured, |items| Kind::Map(element, items))
    }

    pub(crate) fn tuple(values: Vec<Self>) -> Self {
        let measured = measure(values.iter());
        items(values, measured, Kind::Tuple)
    }

    pub(crate) fn object(values: BTreeMap<Arc<str>, Self>) -> Self {
        let measured = measure(values.values());
        items(values, measured, Kind::Object)
    }

    /// How many values it holds, itself included, and how deep.
    fn size(&self) -> (usize, u16) {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => (items.weight, items.depth),
            Kind::Map(_, items) | Kind::Object(items) => (items.weight, items.depth),
            // Long strings weigh too: a list of a million copies of one is not printed either.
            Kind::String(text) => (1 + text.len() / 1024, 0),
            _ => (1, 0),
        }
    }

    pub(crate) fn marked(mut self, marks: Marks) -> Self {
        self.marks = self.marks.or(marks);
        self
    }

    /// The value without its own marks, which are added to `marks`.
    pub(crate) fn unmarked(mut self, marks: &mut Marks) -> Self {
        *marks = marks.or(std::mem::take(&mut self.marks));
        self
    }

    /// The value with no marks in it at all; what there were are added to `marks`.
    pub(crate) fn unmarked_deep(self, marks: &mut Marks) -> Self {
        let found = self.marks_within();
        if found == Marks::default() {
            return self;
        }
        *marks = marks.or(found);
        let mut none = Marks::default();
        let mut inner = |value: &Self| value.clone().unmarked_deep(&mut none);
        match &self.kind {
            Kind::List(element, items) => Self::list(element.clone(), items.values.iter().map(inner).collect()),
            Kind::Tuple(items) => Self::tuple(items.values.iter().map(inner).collect()),
            Kind::Map(element, items) => {
                let entries = items.values.iter().map(|(key, value)| (key.clone(), inner(value)));
                Self::map(element.clone(), entries.collect())
            }
            Kind::Object(items) => {
                Self::object(items.values.iter().map(|(key, value)| (key.clone(), inner(value))).collect())
            }
            _ => self.kind.into(),
        }
    }

    /// Marks of the value and of all that is in it.
    pub(crate) fn marks_within(&self) -> Marks {
        self.children().fold(self.marks, |marks, child| marks.or(child.marks_within()))
    }

    /// The values in a collection, none in what is no collection.
    pub(crate) fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Box::new(items.values.iter()),
            Kind::Map(_, items) | Kind::Object(items) => Box::new(items.values.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    pub(crate) fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Unknown(value_type, _) | Kind::Null(value_type) => value_type.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(element, _) => Type::list(element.clone()),
            Kind::Set(element, _) => Type::set(element.clone()),
            Kind::Map(element, _) => Type::map(element.clone()),
            Kind::Tuple(items) => Type::Tuple(items.values.iter().map(Self::value_type).collect()),
            Kind::Object(items) => {
                Type::object(items.values.iter().map(|(name, value)| (name.clone(), value.value_type())).collect())
            }
        }
    }

    /// Whether its type is not known: unknown or null of any type.
    pub(crate) fn is_dynamic(&self) -> bool {
        matches!(&self.kind, Kind::Unknown(Type::Dynamic, _) | Kind::Null(Type::Dynamic))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null(_))
    }

    /// Whether it is known itself; what is in it may still be unknown.
    pub(crate) fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Unknown(..))
    }

    /// Whether nothing in it is unknown.
    pub(crate) fn is_wholly_known(&self) -> bool {
        self.is_known() && self.children().all(Self::is_wholly_known)
    }

    /// Whether it is certainly not null.
    pub(crate) fn is_not_null(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_, range) => range.as_ref().is_some_and(|range| range.not_null),
            Kind::Null(_) => false,
            _ => true,
        }
    }

    pub(crate) fn range(&self) -> Range {
        match &self.kind {
            Kind::Unknown(_, Some(range)) => (**range).clone(),
            _ => Range::default(),
        }
    }

    /// An unknown value of which more is known. A range of one value is that value.
    pub(crate) fn ranged(value_type: Type, range: Range) -> Self {
        if range.not_null {
            match (&value_type, &range.low, &range.high, range.length) {
                (Type::Number, Some((low, true)), Some((high, true)), _) if low == high => return low.clone().into(),
                (Type::List(element), .., (_, Some(0))) => return Self::list((**element).clone(), Vec::new()),
                (Type::Set(element), .., (_, Some(0))) => return Self::set((**element).clone(), Vec::new()),
                (Type::Map(element), .., (_, Some(0))) => return Self::map((**element).clone(), BTreeMap::new()),
                (Type::List(element), .., (least, Some(most))) if least == most && most <= 1024 => {
                    return Self::list((**element).clone(), vec![Self::unknown((**element).clone()); most]);
                }
                _ => {}
            }
        }
        let range = (value_type != Type::Dynamic && range != Range::default()).then(|| Arc::new(range));
        Kind::Unknown(value_type, range).into()
    }

    /// The same, known not to be null.
    pub(crate) fn not_null(self) -> Self {
        match self.kind {
            Kind::Unknown(value_type, range) if value_type != Type::Dynamic => {
                let range = range.map(|range| (*range).clone()).unwrap_or_default();
                Self::ranged(value_type, Range { not_null: true, ..range }).marked(self.marks)
            }
            _ => self,
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&Arc<str>> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub(crate) fn elements(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Some(&items.values),
            _ => None,
        }
    }

    /// The entries of a map or object.
    pub(crate) fn entries(&self) -> Option<&BTreeMap<Arc<str>, Self>> {
        match &self.kind {
            Kind::Map(_, items) | Kind::Object(items) => Some(&items.values),
            _ => None,
        }
    }

    /// How many elements or entries there are.
    pub(crate) fn length(&self) -> Option<usize> {
        self.elements().map(<[Self]>::len).or_else(|| self.entries().map(BTreeMap::len))
    }

    /// Whether it is known how many elements there are, and in which order: elements of a set that are not known may turn
    /// out to be the same.
    pub(crate) fn is_ordered(&self) -> bool {
        match &self.kind {
            Kind::Set(_, items) => items.values.len() <= 1 || self.is_wholly_known(),
            _ => self.length().is_some(),
        }
    }

    /// Keys and values as `for` sees them; none for what cannot be iterated over.
    pub(crate) fn pairs(&self) -> Option<Vec<(Self, Self)>> {
        match &self.kind {
            Kind::List(_, items) | Kind::Tuple(items) => {
                let pair = |(index, value): (usize, &Self)| (Self::integer(index), value.clone());
                Some(items.values.iter().enumerate().map(pair).collect())
            }
            Kind::Set(_, items) => Some(items.values.iter().map(|value| (value.clone(), value.clone())).collect()),
            Kind::Map(_, items) | Kind::Object(items) => {
                let pair = |(key, value): (&Arc<str>, &Self)| (Kind::String(key.clone()).into(), value.clone());
                Some(items.values.iter().map(pair).collect())
            }
            _ => None,
        }
    }
}
