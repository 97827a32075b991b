// Written by make.py.
&[
    ("recording/objects-17.jsonl", include_bytes!("recording/objects-17.jsonl")),
    ("recording/objects-18.jsonl", include_bytes!("recording/objects-18.jsonl")),
    ("recording/objects-23.jsonl", include_bytes!("recording/objects-23.jsonl")),
    ("recording/objects-25.jsonl", include_bytes!("recording/objects-25.jsonl")),
    ("recording/objects-28.jsonl", include_bytes!("recording/objects-28.jsonl")),
    ("recording/objects-30.jsonl", include_bytes!("recording/objects-30.jsonl")),
    ("recording/objects-32.jsonl", include_bytes!("recording/objects-32.jsonl")),
    ("recording/objects-34.jsonl", include_bytes!("recording/objects-34.jsonl")),
    ("recording/objects-37.jsonl", include_bytes!("recording/objects-37.jsonl")),
    ("recording/objects-9.jsonl", include_bytes!("recording/objects-9.jsonl")),
    ("recording/recording.json", include_bytes!("recording/recording.json")),
]
