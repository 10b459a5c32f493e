//! Padding.

use rushlight_nn::{CircularPad, ConstantPad, ReflectionPad, ReplicationPad, Sides, ZeroPad};

use super::modules;
use crate::call::{Call, Given};

modules! {
    "nn.CircularPad1d" => |c| CircularPad::new(padding::<2>(c)?);
    "nn.CircularPad2d" => |c| CircularPad::new(padding::<4>(c)?);
    "nn.CircularPad3d" => |c| CircularPad::new(padding::<6>(c)?);
    "nn.ConstantPad1d" => |c| ConstantPad::new(padding::<2>(c)?, c.scalar("value", 1)?);
    "nn.ConstantPad2d" => |c| ConstantPad::new(padding::<4>(c)?, c.scalar("value", 1)?);
    "nn.ConstantPad3d" => |c| ConstantPad::new(padding::<6>(c)?, c.scalar("value", 1)?);
    "nn.ReflectionPad1d" => |c| ReflectionPad::new(padding::<2>(c)?);
    "nn.ReflectionPad2d" => |c| ReflectionPad::new(padding::<4>(c)?);
    "nn.ReflectionPad3d" => |c| ReflectionPad::new(padding::<6>(c)?);
    "nn.ReplicationPad1d" => |c| ReplicationPad::new(padding::<2>(c)?);
    "nn.ReplicationPad2d" => |c| ReplicationPad::new(padding::<4>(c)?);
    "nn.ReplicationPad3d" => |c| ReplicationPad::new(padding::<6>(c)?);
    "nn.ZeroPad1d" => |c| ZeroPad::new(padding::<2>(c)?);
    "nn.ZeroPad2d" => |c| ZeroPad::new(padding::<4>(c)?);
    "nn.ZeroPad3d" => |c| ZeroPad::new(padding::<6>(c)?);
}

fn padding<const SIDES: usize>(c: &Call) -> Given<Sides<SIDES>> {
    let amounts = c.ints::<isize>("padding", 0)?;
    match amounts[..] {
        [amount] => Ok(Sides::from(amount)),
        _ => match amounts.try_into() {
            Ok(amounts) => Ok(Sides(amounts)),
            Err(_) => c.unsupported("padding of another length"),
        },
    }
}
