//! Faults of object stores, made by small servers on loopback.
//! Knows nothing of what a state says.
