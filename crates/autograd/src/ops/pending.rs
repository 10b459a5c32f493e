use crate::{Result,Tensor};
impl Tensor {
#[doc="stub"] pub fn mean(&self)->Result<Tensor>{ self.sum()?.div(self.numel() as f64) }
#[doc="stub"] pub fn mean_dim(&self,d:&[isize],k:bool)->Result<Tensor>{ let s=self.sum_dim(d,k)?; let n=self.numel() as f64/s.numel() as f64; s.div(n) }
#[doc="stub"] pub fn var_mean_dim(&self,d:&[isize],_:f64,k:bool)->Result<(Tensor,Tensor)>{ let m=self.mean_dim(d,true)?; let v=self.sub(&m)?.square()?.mean_dim(d,k)?; Ok((v,if k {m} else {self.mean_dim(d,false)?})) }
#[doc="stub"] pub fn any(&self)->Result<Tensor>{ Tensor::full(&[], self.to_vec::<bool>()?.contains(&true), crate::DType::Bool, crate::Device::Cpu) }
#[doc="stub"] pub fn all(&self)->Result<Tensor>{ Tensor::full(&[], !self.to_vec::<bool>()?.contains(&false), crate::DType::Bool, crate::Device::Cpu) }
#[doc="stub"] pub fn softmax(&self,d:isize)->Result<Tensor>{ if self.dim()==0 {return self.ones_like()} let e=self.exp()?; let s=e.sum_dim(&[d],true)?; e.div(s) }
#[doc="stub"] pub fn softmin(&self,d:isize)->Result<Tensor>{ self.neg()?.softmax(d) }
#[doc="stub"] pub fn log_softmax(&self,d:isize)->Result<Tensor>{ self.softmax(d)?.log() }
}
