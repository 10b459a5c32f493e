//! Operations on each element.

use super::ops;

ops! {
    "contiguous" => |c| c.input();
}
