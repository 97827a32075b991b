// Written by make.py.
&[
    ("recording/objects-17.jsonl", include_bytes!("recording/objects-17.jsonl")),
    ("recording/objects-18.jsonl", include_bytes!("recording/objects-18.jsonl")),
    ("recording/objects-23.jsonl", include_bytes!("recording/objects-23.jsonl")),
    ("recording/objects-25.jsonl", include_bytes!("recording/objects-25.jsonl")),
    ("recording/objects-27.jsonl", include_bytes!("recording/objects-27.jsonl")),
    ("recording/objects-29.jsonl", include_bytes!("recording/objects-29.jsonl")),
    ("recording/objects-31.jsonl", include_bytes!("recording/objects-31.jsonl")),
    ("recording/objects-33.jsonl", include_bytes!("recording/objects-33.jsonl")),
    ("recording/objects-36.jsonl", include_bytes!("recording/objects-36.jsonl")),
    ("recording/objects-9.jsonl", include_bytes!("recording/objects-9.jsonl")),
    ("recording/recording.json", include_bytes!("recording/recording.json")),
]
