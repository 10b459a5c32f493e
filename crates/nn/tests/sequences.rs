//! Attention, recurrent networks and packed sequences.

use rushlight_autograd::{DType, Result, Tensor, tensor};
use rushlight_nn::functional::{
    self as F, AttentionOptions, MultiHeadAttentionOptions, scaled_dot_product_attention_with,
};
use rushlight_nn::{
    AttentionMasks, Forward, GRU, LSTM, Module, MultiheadAttention, PackedSequence, Parameter,
    Transformer, TransformerEncoder, TransformerEncoderLayer, pack_padded_sequence,
    pad_packed_sequence,
};

fn close(a: &Tensor, b: &Tensor) -> Result<bool> {
    Ok(a.shape() == b.shape() && (a - b)?.abs()?.amax()?.item()? < 1e-5)
}

#[test]
fn a_packed_sequence_gives_what_each_sequence_gives_alone() -> Result<()> {
    let lstm = LSTM::builder(3, 4)
        .num_layers(2)
        .bidirectional(true)
        .build()?;
    let x = Tensor::randn(&[5, 3, 3])?;
    let lengths = [2, 5, 4];
    let packed = pack_padded_sequence(&x, &lengths, false, false)?;
    let (y, (h, c)) = lstm.forward_packed(&packed, None)?;
    let (y, found) = pad_packed_sequence(&y, false, 0.0, None)?;
    assert_eq!(found, lengths);
    for (row, &length) in lengths.iter().enumerate() {
        let alone = x.select(1, row as i64)?.narrow(0, 0, length)?;
        let (own, (own_h, own_c)) = lstm.forward(&alone)?;
        assert!(close(
            &y.select(1, row as i64)?.narrow(0, 0, length)?,
            &own
        )?);
        assert!(close(&h.select(1, row as i64)?, &own_h)?);
        assert!(close(&c.select(1, row as i64)?, &own_c)?);
    }
    Ok(())
}

#[test]
fn packing_refuses_lengths_that_do_not_fit() {
    let x = Tensor::zeros(&[3, 2, 1]).unwrap();
    assert!(pack_padded_sequence(&x, &[3, 0], false, false).is_err());
    assert!(pack_padded_sequence(&x, &[4, 1], false, false).is_err());
    assert!(pack_padded_sequence(&x, &[1, 3], false, true).is_err());
    assert!(pack_padded_sequence(&x, &[3], false, true).is_err());
}

#[test]
fn recurrent_networks_refuse_states_and_inputs_of_other_sizes() -> Result<()> {
    let gru = GRU::new(3, 4)?;
    assert!(gru.forward(&Tensor::zeros(&[5, 2, 2])?).is_err());
    assert!(gru.forward(&Tensor::zeros(&[0, 2, 3])?).is_err());
    let state = Tensor::zeros(&[1, 3, 4])?;
    assert!(
        gru.forward_from(&Tensor::zeros(&[5, 2, 3])?, Some(&state))
            .is_err()
    );
    Ok(())
}

#[test]
fn gradients_flow_through_all_steps_of_a_network() -> Result<()> {
    let gru = GRU::builder(2, 3).num_layers(2).build()?;
    gru.forward(&Tensor::randn(&[6, 2, 2])?)?
        .0
        .sum()?
        .backward()?;
    assert!(gru.parameters_without_grad().is_empty());
    Ok(())
}

#[test]
fn heads_of_keys_can_be_shared() -> Result<()> {
    let query = Tensor::randn(&[1, 4, 3, 8])?;
    let key = Tensor::randn(&[1, 2, 5, 8])?;
    let options = AttentionOptions {
        enable_gqa: true,
        ..AttentionOptions::default()
    };
    let shared = scaled_dot_product_attention_with(&query, &key, &key, options)?;
    let repeated = key.repeat_interleave(2, Some(1))?;
    let each = F::scaled_dot_product_attention(&query, &repeated, &repeated)?;
    assert!(close(&shared, &each)?);
    Ok(())
}

#[test]
fn a_query_that_may_attend_to_nothing_gets_zeros() -> Result<()> {
    let x = Tensor::ones(&[1, 2])?;
    let mask = tensor([[false]])?;
    let options = AttentionOptions {
        attn_mask: Some(&mask),
        ..AttentionOptions::default()
    };
    let y = scaled_dot_product_attention_with(&x, &x, &x, options)?;
    assert_eq!(y.to_vec::<f32>()?, [0.0, 0.0]);
    Ok(())
}

#[test]
fn attention_gives_the_same_with_and_without_weights() -> Result<()> {
    let attention = MultiheadAttention::builder(8, 2).kdim(6).vdim(5).build()?;
    let (query, key) = (Tensor::randn(&[3, 2, 8])?, Tensor::randn(&[4, 2, 6])?);
    let value = Tensor::randn(&[4, 2, 5])?;
    let (y, weights) = attention.forward(&query, &key, &value)?;
    let sums = weights.unwrap().sum_dim(&[-1], false)?;
    assert!(close(&sums, &Tensor::ones(&[2, 3])?)?);
    let options = MultiHeadAttentionOptions {
        need_weights: false,
        ..MultiHeadAttentionOptions::default()
    };
    let (same, none) = attention.forward_with(&query, &key, &value, &options)?;
    assert!(close(&y, &same)? && none.is_none());
    Ok(())
}

#[test]
fn layers_of_an_encoder_start_alike_and_train_apart() -> Result<()> {
    let layer = TransformerEncoderLayer::builder(4, 2)
        .dim_feedforward(8)
        .build()?;
    let encoder = TransformerEncoder::new(layer, 2)?;
    let weight = |at: usize| encoder.layers[at].linear1.weight.clone();
    assert_eq!(weight(0).to_vec::<f32>()?, weight(1).to_vec::<f32>()?);
    assert!(!weight(0).is_same(&weight(1)));
    encoder
        .forward(&Tensor::randn(&[3, 4])?)?
        .square()?
        .sum()?
        .backward()?;
    assert!(encoder.parameters_without_grad().is_empty());
    Ok(())
}

#[test]
fn a_causal_mask_hides_what_comes_later() -> Result<()> {
    let layer = TransformerEncoderLayer::builder(4, 2)
        .dim_feedforward(8)
        .build()?;
    layer.eval();
    let mask = Transformer::generate_square_subsequent_mask(3)?;
    assert_eq!(mask.dtype(), DType::F32);
    let masks = AttentionMasks {
        mask: Some(&mask),
        ..AttentionMasks::default()
    };
    let x = Tensor::randn(&[3, 4])?;
    let later = Tensor::cat(&[&x.narrow(0, 0, 2)?, &Tensor::randn(&[1, 4])?], 0)?;
    let [y, other] = [x, later].map(|x| layer.forward_with(&x, masks)?.narrow(0, 0, 2));
    assert!(close(&y?, &other?)?);
    Ok(())
}

#[test]
fn packed_sequences_that_grow_are_refused() -> Result<()> {
    let network = GRU::new(2, 3)?;
    for batch_sizes in [vec![1, 3], vec![2, 1], vec![usize::MAX, usize::MAX]] {
        let packed = PackedSequence {
            data: Tensor::zeros(&[4, 2])?,
            batch_sizes,
            sorted_indices: None,
            unsorted_indices: None,
        };
        assert!(network.forward_packed(&packed, None).is_err());
        assert!(pad_packed_sequence(&packed, false, 0, None).is_err());
    }
    Ok(())
}

#[test]
fn weights_that_are_no_whole_number_of_maps_are_refused() -> Result<()> {
    let x = Tensor::zeros(&[2, 1, 4])?;
    let mut attention = MultiheadAttention::new(4, 2)?;
    attention.in_proj_bias = Some(Parameter::new(Tensor::zeros(&[2])?)?);
    assert!(attention.forward(&x, &x, &x).is_err());
    let mut network = GRU::new(4, 3)?;
    network.network.weights[0].weight_ih = Parameter::new(Tensor::zeros(&[1, 4])?)?;
    network.network.weights[0].weight_hh = Parameter::new(Tensor::zeros(&[1, 3])?)?;
    network.network.weights[0].bias_ih = None;
    network.network.weights[0].bias_hh = None;
    assert!(network.forward(&x).is_err());
    Ok(())
}
