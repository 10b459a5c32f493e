//! The formula that fills parameters, buffers and inputs of models, the same everywhere.

/// 64-bit FNV-1a.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Output `index` of splitmix64 from an initial state.
pub fn splitmix(state: u64, index: u64) -> u64 {
    let z = state.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What is to be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The image a model is given.
    Input,
    /// A parameter of a model.
    Parameter,
    /// A buffer of a model.
    Buffer,
}

/// Fills one model with one seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// The seed, `fill_seed` in a model's file.
    pub seed: u64,
    /// Scales the weights of layers.
    pub gain: f64,
}

impl Fill {
    /// The elements of a tensor, in row-major order; `None` if it stays as constructed.
    pub fn values(&self, name: &str, shape: &[usize], role: Role) -> Option<Vec<f32>> {
        let (centre, amplitude) = self.spread(name, shape, role)?;
        let state = hash(format!("{}:{name}", self.seed).as_bytes());
        let count = shape.iter().product::<usize>() as u64;
        let value = |index| {
            let offset = amplitude * uniform(state, index);
            if centre == 0.0 {
                offset
            } else {
                centre + offset
            }
        };
        Some((0..count).map(value).collect())
    }

    /// Centre and amplitude of a tensor.
    fn spread(&self, name: &str, shape: &[usize], role: Role) -> Option<(f32, f32)> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let fan_in = shape.iter().skip(1).product::<usize>() as f64;
        Some(match (role, last) {
            (Role::Input, _) => (0.0, 1.0),
            (Role::Buffer, "running_mean") => (0.0, 0.1),
            (Role::Buffer, "running_var") => (1.0, 0.1),
            (Role::Buffer, "num_batches_tracked") => (0.0, 0.0),
            (Role::Buffer, _) => return None,
            (_, weight) if weight.ends_with("weight") && shape.len() >= 2 => {
                (0.0, (self.gain * (3.0 / fan_in).sqrt()) as f32)
            }
            (_, weight) if weight.ends_with("weight") && shape.len() == 1 => (1.0, 0.1),
            (_, bias) if bias.ends_with("bias") => (0.0, 0.05),
            (_, "layer_scale") => (0.5, 0.1),
            (_, "logit_scale") => (2.0, 0.1),
            _ => (0.0, 0.1),
        })
    }
}

/// Element `index` of the numbers in [-1, 1) that start from a state.
fn uniform(state: u64, index: u64) -> f32 {
    (splitmix(state, index) >> 40) as f32 * 2f32.powi(-23) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILL: Fill = Fill { seed: 0, gain: 1.0 };

    #[test]
    fn hashes_are_those_of_the_test_vectors() {
        assert_eq!(hash(b""), 0xcbf29ce484222325);
        assert_eq!(hash(b"a"), 0xaf63dc4c8601ec8c);
        assert_eq!(hash(b"0:conv1.weight"), 0x915a1e7f4f7e79e2);
        assert_eq!(hash(b"0:input"), 0xd479c449426088fd);
    }

    #[test]
    fn random_words_are_those_of_the_test_vectors() {
        let words = [
            0xe220a8397b1dcdaf,
            0x6e789e6aa1b965f4,
            0x06c45d188009454f,
            0xf88bb8a8724c81ec,
        ];
        assert_eq!([0, 1, 2, 3].map(|index| splitmix(0, index)), words);
    }

    #[test]
    fn an_input_is_uniform() {
        let expected: [f64; 4] = [
            0.4978994131088257,
            0.060800790786743164,
            -0.9102045297622681,
            -0.524661660194397,
        ];
        let values = FILL.values("input", &[4], Role::Input).unwrap();
        assert_eq!(values, expected.map(|value| value as f32));
    }

    #[test]
    fn a_weight_is_scaled_by_its_fan_in() {
        let expected: [f64; 4] = [
            -0.07417532801628113,
            -0.12808220088481903,
            -0.08384211361408234,
            -0.09400638937950134,
        ];
        let values = FILL
            .values("conv1.weight", &[64, 3, 7, 7], Role::Parameter)
            .unwrap();
        assert_eq!(values[..4], expected.map(|value| value as f32));
    }

    #[test]
    fn a_running_variance_lies_around_one() {
        let expected: [f64; 4] = [
            1.0940515995025635,
            0.9609844088554382,
            0.9883195757865906,
            0.9897640943527222,
        ];
        let values = FILL.values("bn1.running_var", &[64], Role::Buffer).unwrap();
        assert_eq!(values[..4], expected.map(|value| value as f32));
    }

    #[test]
    fn an_unknown_buffer_stays_as_constructed() {
        assert_eq!(
            FILL.values("relative_position_index", &[2], Role::Buffer),
            None
        );
    }
}
