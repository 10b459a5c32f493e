//! The restricted machine.

use std::time::{Duration, Instant};

use rushlight_serialize::{Error, Result, Value, load_bytes};

use crate::pickle_writer::PickleWriter;
use crate::zip_writer::{archive, checkpoint};
use crate::{floats, refusal};

/// What a checkpoint with this pickle and a storage `0` of six floats holds.
fn run(pickle: PickleWriter) -> Result<Value> {
    let storage: Vec<u8> = (0..6)
        .flat_map(|value| (value as f32).to_le_bytes())
        .collect();
    load_bytes(&archive(&checkpoint(&pickle.stop(), &storage)))
}

fn new() -> PickleWriter {
    PickleWriter::new()
}

#[test]
fn a_global_outside_the_table_is_an_error_that_names_it() {
    let names = [
        ("posix", "system"),
        ("builtins", "eval"),
        ("torch", "load"),
        ("torch", "FloatStorages"),
        ("os", "torch.FloatStorage"),
        ("collections", "defaultdict"),
        ("torch._utils", "_rebuild_tensor_v4"),
        ("", ""),
    ];
    for (module, name) in names {
        let dotted = format!("{module}.{name}");
        for pickle in [
            new().global(module, name),
            new().text(module).text(name).raw(b"\x93"),
        ] {
            match run(pickle) {
                Err(Error::Global { name }) => assert_eq!(name, dotted),
                other => panic!("{dotted}: {other:?}"),
            }
        }
    }
}

#[test]
fn opcodes_that_instantiate_by_name_or_number_are_not_run() {
    for opcodes in [
        &b"(iposix\nsystem\n"[..],
        b"(cposix\n",
        b"\x82\x01",
        b"(o",
        b"Pid\n",
        b"\xff",
    ] {
        refusal(run(new().raw(opcodes)));
    }
}

#[test]
fn a_tensor_reads_what_its_layout_selects() {
    let value = run(new().tensor("0", 6, 1, &[2, 2], &[3, 1])).unwrap();
    assert_eq!(floats(value.as_tensor().unwrap()), [1.0, 2.0, 4.0, 5.0]);
}

#[test]
fn a_tensor_that_leaves_its_storage_is_refused() {
    let layouts: [(i64, &[i64], &[i64]); 8] = [
        (1, &[6], &[1]),
        (0, &[7], &[1]),
        (0, &[2], &[6]),
        (-1, &[1], &[1]),
        (5, &[2], &[-1]),
        (0, &[-1], &[1]),
        (0, &[1 << 62, 4], &[4, 1]),
        (0, &[2], &[i64::MAX]),
    ];
    for (offset, shape, strides) in layouts {
        let error = run(new().tensor("0", 6, offset, shape, strides)).unwrap_err();
        assert!(matches!(error, Error::Layout { .. }), "{error}");
    }
}

#[test]
fn an_empty_tensor_has_no_elements_wherever_it_starts() {
    for offset in [0, 6, 7, 1 << 40, 1 << 61, i64::MAX] {
        let value = run(new().tensor("0", 6, offset, &[0], &[1])).unwrap();
        let array = &value.as_tensor().unwrap().array;
        assert_eq!(array.offset() as i64, offset.min(6));
        assert!(array.to_bytes().unwrap().is_empty());
    }
}

#[test]
fn a_storage_has_the_size_its_record_has() {
    assert!(refusal(run(new().tensor("0", 7, 0, &[1], &[1]))).contains("24 bytes, 28 declared"));
    assert!(refusal(run(new().tensor("0", 5, 0, &[1], &[1]))).contains("24 bytes, 20 declared"));
    refusal(run(new().tensor("0", -1, 0, &[1], &[1])));
    refusal(run(new().tensor("0", i64::MAX, 0, &[1], &[1])));
    refusal(run(new().tensor("1", 6, 0, &[1], &[1])));
    refusal(run(new().tensor("../data/0", 6, 0, &[1], &[1])));
}

#[test]
fn a_storage_has_one_element_type() {
    let both = new()
        .storage("FloatStorage", "0", 6)
        .storage("IntStorage", "0", 6)
        .raw(b"0");
    assert!(matches!(run(both), Err(Error::StorageDType { .. })));
}

#[test]
fn text_longer_than_the_file_is_not_allocated() {
    for opcodes in [
        &b"X\xff\xff\xff\xff"[..],
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"B\0\0\0\xf0",
    ] {
        let error = run(new().raw(opcodes)).unwrap_err();
        assert!(matches!(error, Error::Truncated { .. }), "{error}");
    }
}

#[test]
fn integers_have_a_longest_length() {
    let length = 1_000_000u32;
    let pickle = new()
        .raw(&[0x8b])
        .raw(&length.to_le_bytes())
        .raw(&vec![7; length as usize]);
    assert!(matches!(run(pickle), Err(Error::Limit { .. })));
}

#[test]
fn a_container_inside_itself_is_refused() {
    refusal(run(new().raw(b"]q\0h\0a")));
    refusal(run(new().raw(b"}q\0").text("x").raw(b"h\0s")));
    refusal(run(new().raw(b"]q\0h\0\x85ah\0")));
}

#[test]
fn deep_nesting_is_refused_without_a_stack() {
    let depth = 100_000;
    let pickle = new().raw(&vec![b']'; depth]).raw(&vec![b'a'; depth - 1]);
    let small_stack = std::thread::Builder::new().stack_size(64 << 10);
    let result = small_stack
        .spawn(move || run(pickle).map(drop))
        .unwrap()
        .join()
        .unwrap();
    assert!(matches!(result, Err(Error::Limit { .. })));
}

#[test]
fn the_deepest_nesting_that_reads_can_be_printed_cloned_and_dropped() {
    let depth = 255;
    let pickle = new().raw(&vec![b']'; depth]).raw(&vec![b'a'; depth - 1]);
    let value = run(pickle).unwrap();
    let small_stack = std::thread::Builder::new().stack_size(512 << 10);
    let print = move || format!("{:#?}", value.clone()).len();
    assert!(small_stack.spawn(print).unwrap().join().unwrap() > depth);
}

#[test]
fn references_cannot_multiply_without_bound() {
    let started = Instant::now();
    let begun = new().raw(b"](NNNNNNNNNNeq\0");
    let laughs = (0..30u8).fold(begun, |writer, level| {
        let (from, to) = (level, level + 1);
        let again: Vec<u8> = (0..10).flat_map(|_| [b'h', from]).collect();
        writer.raw(b"](").raw(&again).raw(b"eq").raw(&[to])
    });
    assert!(matches!(run(laughs), Err(Error::Limit { .. })));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn copies_cannot_multiply_without_bound() {
    let started = Instant::now();
    let items = 100_000;
    let list = new().raw(b"](").raw(&vec![b'N'; items]).raw(b"e\x85q\0");
    let set = list.global("builtins", "set").raw(b"q\x01");
    let copies = (0..items).fold(set, |writer, _| writer.raw(b"h\x01h\0R0"));
    assert!(matches!(run(copies), Err(Error::Limit { .. })));

    let text = new()
        .text(&"x".repeat(items))
        .text("latin1")
        .raw(b"\x86q\0");
    let encode = text.global("_codecs", "encode").raw(b"q\x01");
    let copies = (0..items).fold(encode, |writer, _| writer.raw(b"h\x01h\0R0"));
    assert!(matches!(run(copies), Err(Error::Limit { .. })));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn honest_repetition_is_not_refused() {
    let begun = new().text("shared").raw(b"q\0](");
    let list = (0..50_000)
        .fold(begun, |writer, _| writer.raw(b"h\0"))
        .raw(b"e");
    assert_eq!(run(list).unwrap().items().unwrap().len(), 50_000);

    let items = new().raw(b"](").raw(&[b'N'; 100]).raw(b"eq\0](");
    let shared = (0..500)
        .fold(items, |writer, _| writer.raw(b"h\0"))
        .raw(b"e");
    assert_eq!(run(shared).unwrap().items().unwrap().len(), 500);
}

#[test]
fn objects_are_counted() {
    let many = new().raw(&vec![b']'; 5_000_000]);
    assert!(refusal(run(many)).contains("too many objects"));
}

#[test]
fn only_lists_grow_and_only_dicts_take_items() {
    refusal(run(new().raw(b")Na")));
    refusal(run(new().raw(b"}(NNe")));
    refusal(run(new().raw(b"]NNs")));
    refusal(run(new().raw(b"](NNu")));
    refusal(run(new().raw(b"}(Nu")));
    refusal(run(new().tensor("0", 6, 0, &[1], &[1]).raw(b"NNs")));
    refusal(run(new().raw(b"](N\x90")));
}

#[test]
fn a_key_is_hashable_and_occurs_once() {
    assert!(refusal(run(new().raw(b"}]Ns"))).contains("list as a key"));
    let twice = new().raw(b"}").text("x").raw(b"Ns").text("x").raw(b"Ns");
    assert!(refusal(run(twice)).contains("occurs twice"));
}

#[test]
fn the_stack_cannot_be_popped_below_its_mark() {
    for opcodes in [
        &b"N(0"[..],
        b"0",
        b"t",
        b"N(a",
        b"(s",
        b"R",
        b"b",
        b"Q",
        b"q\0",
        b"2",
        b"N(\x85",
    ] {
        refusal(run(new().raw(opcodes)));
    }
    refusal(run(new().raw(b"h\x05")));
    refusal(run(new()));
}

#[test]
fn calls_check_their_arguments() {
    let callables = [
        ("builtins", "bytearray"),
        ("builtins", "complex"),
        ("builtins", "set"),
        ("_codecs", "encode"),
        ("collections", "Counter"),
        ("collections", "OrderedDict"),
        ("torch", "Size"),
        ("torch", "Tensor"),
        ("torch", "FloatTensor"),
        ("torch", "FloatStorage"),
        ("torch", "float32"),
        ("torch", "device"),
        ("torch._tensor", "_rebuild_from_type_v2"),
        ("torch._utils", "_rebuild_parameter"),
        ("torch._utils", "_rebuild_parameter_with_state"),
        ("torch._utils", "_rebuild_tensor"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch._utils", "_rebuild_tensor_v3"),
        ("torch.nn.parameter", "Parameter"),
        ("torch.serialization", "_get_layout"),
        ("torch.storage", "UntypedStorage"),
    ];
    for (module, name) in callables {
        // No argument, one of the right kind for a few of them, and too many of the wrong kind.
        refusal(run(new().global(module, name).raw(b"NR")));
        for count in 1..10 {
            let call = new()
                .global(module, name)
                .raw(b"(")
                .raw(&vec![b'N'; count])
                .raw(b"tR");
            refusal(run(call));
        }
    }
}

#[test]
fn a_function_or_class_is_no_value() {
    refusal(run(new().global("collections", "OrderedDict")));
    refusal(run(new().storage("FloatStorage", "0", 6)));
}

#[test]
fn conjugated_tensors_are_refused_rather_than_read_wrongly() {
    let tensor = new()
        .global("torch._utils", "_rebuild_tensor_v2")
        .raw(b"(")
        .storage("FloatStorage", "0", 6)
        .integer(0)
        .integers(&[6])
        .integers(&[1])
        .raw(b"\x89N}")
        .text("conj")
        .raw(b"\x88s")
        .raw(b"tR");
    assert!(matches!(run(tensor), Err(Error::Unsupported { .. })));
}

#[test]
fn an_untyped_storage_takes_the_type_its_tensor_names() {
    let tensor = |dtype| {
        new()
            .global("torch._utils", "_rebuild_tensor_v3")
            .raw(b"((")
            .text("storage")
            .global("torch.storage", "UntypedStorage")
            .text("0")
            .text("cpu")
            .integer(24)
            .raw(b"tQ")
            .integer(1)
            .integers(&[5])
            .integers(&[1])
            .raw(b"\x89N")
            .global("torch", dtype)
            .raw(b"tR")
    };
    let value = run(tensor("float32")).unwrap();
    assert_eq!(
        floats(value.as_tensor().unwrap()),
        [1.0, 2.0, 3.0, 4.0, 5.0]
    );
    assert!(matches!(run(tensor("float64")), Err(Error::Layout { .. })));
    refusal(run(tensor("uint16")));
}
