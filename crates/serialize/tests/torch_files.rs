//! Files that PyTorch wrote (`files/make.py`).

use rushlight_serialize::{Value, load};
use rushlight_tensor::DType;

use crate::{floats, tensor};

fn read(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
    load(format!("{folder}{name}.pt")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_dtype_reads_in_both_forms() {
    let counting: [(&str, DType, &[u8]); 10] = [
        (
            "float32",
            DType::F32,
            &[
                0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40,
            ],
        ),
        (
            "float64",
            DType::F64,
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
        ),
        ("float16", DType::F16, &[0, 0, 0, 0x3c, 0, 0x40, 0, 0x42]),
        (
            "bfloat16",
            DType::BF16,
            &[0, 0, 0x80, 0x3f, 0, 0x40, 0x40, 0x40],
        ),
        (
            "int64",
            DType::I64,
            &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2],
        ),
        (
            "int32",
            DType::I32,
            &[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0],
        ),
        ("int16", DType::I16, &[0, 0, 1, 0, 2, 0, 3, 0]),
        ("int8", DType::I8, &[0, 1, 2, 3]),
        ("uint8", DType::U8, &[0, 1, 2, 3]),
        ("bool", DType::Bool, &[0, 1, 1, 1]),
    ];
    for form in ["zip_dtypes", "legacy_dtypes"] {
        let file = read(form);
        for (name, dtype, bytes) in counting {
            let array = &tensor(&file, &format!("torch.{name}")).array;
            assert_eq!(
                (array.dtype(), &**array.shape()),
                (dtype, &[4][..]),
                "{form} {name}"
            );
            assert!(
                array.to_bytes().unwrap().starts_with(bytes),
                "{form} {name}"
            );
        }
    }
}

#[test]
fn views_keep_their_layout_and_share_one_storage() {
    for form in ["zip_views", "legacy_views", "tar_views"] {
        let file = read(form);
        let views: Vec<_> = match file.entries() {
            Some(entries) => entries.iter().map(|(_, value)| value).collect(),
            None => file.items().unwrap().iter().collect(),
        };
        let views: Vec<_> = views.iter().map(|view| view.as_tensor().unwrap()).collect();
        let expected: [(&[usize], &[isize], usize); 5] = [
            (&[4, 6], &[6, 1], 0),
            (&[6, 4], &[1, 6], 0),
            (&[6], &[1], 12),
            (&[3, 3], &[6, 2], 6),
            (&[3], &[0], 0),
        ];
        for (view, (shape, strides, offset)) in views.iter().zip(expected) {
            let array = &view.array;
            assert_eq!(
                (&**array.shape(), array.strides(), array.offset()),
                (shape, strides, offset)
            );
            assert!(array.shares_storage_with(&views[0].array), "{form}");
        }
        assert_eq!(floats(views[1])[..4], [0.0, 6.0, 12.0, 18.0]);
        assert_eq!(
            floats(views[3]),
            [6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0]
        );
        assert_eq!(floats(views[4]), [0.0; 3]);
        assert_eq!(**views[5].array.shape(), [0]);
    }
}

#[test]
fn separate_tensors_do_not_share_storage() {
    let file = read("zip_state_dict");
    assert!(
        !tensor(&file, "0.weight")
            .array
            .shares_storage_with(&tensor(&file, "0.bias").array)
    );
}

#[test]
fn parameters_and_gradients_are_told_apart() {
    for form in ["zip_parameters", "legacy_parameters"] {
        let file = read(form);
        let flags = |name| {
            let tensor = tensor(&file, name);
            (tensor.is_parameter, tensor.requires_grad)
        };
        assert_eq!(flags("parameter"), (true, true), "{form}");
        assert_eq!(flags("frozen"), (true, false), "{form}");
        assert_eq!(flags("tensor"), (false, false), "{form}");
        assert_eq!(floats(tensor(&file, "tensor")), [0.0, 1.0, 2.0]);
    }
}

#[test]
fn plain_python_objects_keep_type_and_order() {
    for form in ["zip_containers", "legacy_containers"] {
        let expected = "Dict([\
            (Str(\"numbers\"), List([Int(1), Int(300), Int(70000), Int(-5), \
                BigInt(\"1180591620717411303424\"), Int(-9223372036854775808), Float(2.5), \
                Bool(true), None, Complex(1.0, 2.0)])), \
            (Str(\"bytes\"), Tuple([Bytes([0, 255, 128]), Bytes([]), Bytes([233])])), \
            (Str(\"text\"), Str(\"é漢😀\")), \
            (Str(\"set\"), Set([Int(7)])), \
            (Str(\"size\"), Size([2, 3])), \
            (Str(\"dtype\"), DType(BF16)), \
            (Str(\"device\"), Device(\"cuda:1\")), \
            (Str(\"layout\"), Layout(\"torch.strided\")), \
            (Str(\"counter\"), Dict([(Str(\"a\"), Int(2)), (Str(\"b\"), Int(1))])), \
            (Tuple([Int(1), Int(2)]), Dict([(Int(5), Str(\"nested\"))]))])";
        assert_eq!(format!("{:?}", read(form)), expected, "{form}");
    }
}

#[test]
fn an_ordered_dict_keeps_the_versions_of_its_modules() {
    for form in ["zip_state_dict", "legacy_state_dict"] {
        let file = read(form);
        let versions: Vec<_> = file
            .metadata()
            .unwrap()
            .iter()
            .map(|(module, local)| {
                (
                    module.as_str().unwrap(),
                    local.get("version").unwrap().as_i64(),
                )
            })
            .collect();
        assert_eq!(
            versions,
            [("", Some(1)), ("0", Some(1)), ("1", Some(2))],
            "{form}"
        );
    }
}

#[test]
fn later_protocols_read_as_well() {
    let file = read("zip_protocol4");
    assert_eq!(
        floats(tensor(file.get("model").unwrap(), "0.bias")),
        [0.0, 1.0, 2.0]
    );
    let list = file.get("list").unwrap().items().unwrap();
    assert_eq!(
        format!("{:?}", &list[..3]),
        "[Int(1), Bytes([50]), Set([Int(3)])]"
    );
    assert_eq!(list[3].as_str().unwrap(), "x".repeat(300));
}
