//! Tests of the library as a whole; files are named as in `src/`.

mod from_pytorch;
mod kept_weights;
mod serialize;
mod transfer_learning;
