//! What the names of instance types tell.
//! Knows nothing of instances.

/// Families that earn CPU credits. The provider asks DescribeInstanceTypes; these have not changed since 2020.
const BURSTABLE: &[&str] = &["t2", "t3", "t3a", "t4g"];

/// Whether instances of a type earn CPU credits.
pub(crate) fn is_burstable(kind: &str) -> bool {
    kind.split_once('.').is_some_and(|(family, _)| BURSTABLE.contains(&family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burstable_types_are_told_by_their_family() {
        assert!(is_burstable("t3.micro") && is_burstable("t4g.2xlarge"));
        assert!(!is_burstable("t1.micro") && !is_burstable("m5.large") && !is_burstable("t3") && !is_burstable(""));
    }
}
