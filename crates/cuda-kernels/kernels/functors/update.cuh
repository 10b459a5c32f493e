// The rows of the optimizer steps: variant, number of states, and what becomes of the parameter p and
// the states s, given the gradient g and the numbers h in the order of the op table.

ROW(Move, 0, p = p * h[1] - h[0] * g;)
ROW(Average, 0, p = lerp(p, g, h[0]);)
ROW(Sgd, 0, p = p - h[0] * (g * h[1] + h[2] * p);)
ROW(SgdMomentum, 1, {
    g = g * h[1] + h[2] * p;
    s[0] = h[3] * s[0] + h[4] * g;
    p = p - h[0] * (h[5] != C(0) ? g + h[6] * s[0] : s[0]);
})
ROW(Adam, 2, {
    p = p * h[2];
    g = g * h[1] + h[3] * p;
    s[0] = lerp(s[0], g, h[4]);
    s[1] = h[5] * s[1] + h[6] * (g * g);
    p = p - h[0] * (s[0] / (sqrt(s[1]) / h[8] + h[7]));
})
ROW(AdamMax, 3, {
    p = p * h[2];
    g = g * h[1] + h[3] * p;
    s[0] = lerp(s[0], g, h[4]);
    s[1] = h[5] * s[1] + h[6] * (g * g);
    s[2] = maximum(s[2], s[1]);
    p = p - h[0] * (s[0] / (sqrt(s[2]) / h[8] + h[7]));
})
ROW(NAdam, 2, {
    p = p * h[3];
    g = g * h[2] + h[4] * p;
    s[0] = lerp(s[0], g, h[5]);
    s[1] = h[6] * s[1] + h[7] * (g * g);
    C spread = sqrt(s[1] / h[9]) + h[8];
    p = p - h[0] * (g / spread) - h[1] * (s[0] / spread);
})
ROW(RAdam, 2, {
    p = p * h[2];
    g = g * h[1] + h[3] * p;
    s[0] = lerp(s[0], g, h[4]);
    s[1] = h[5] * s[1] + h[6] * (g * g);
    p = p - h[0] * (h[8] != C(0) ? s[0] / (sqrt(s[1]) + h[7]) : s[0]);
})
ROW(Adamax, 2, {
    g = g * h[1] + h[2] * p;
    s[0] = lerp(s[0], g, h[3]);
    s[1] = maximum(h[4] * s[1], magnitude(g) + h[5]);
    p = p - h[0] * (s[0] / s[1]);
})
ROW(Adagrad, 1, {
    g = g * h[1] + h[2] * p;
    s[0] = s[0] + g * g;
    p = p - h[0] * (g / (sqrt(s[0]) + h[3]));
})
ROW(Adadelta, 2, {
    g = g * h[1] + h[2] * p;
    s[0] = h[3] * s[0] + h[4] * (g * g);
    C step = sqrt(s[1] + h[5]) / sqrt(s[0] + h[5]) * g;
    s[1] = h[3] * s[1] + h[4] * (step * step);
    p = p - h[0] * step;
})
ROW(RmsProp, 1, {
    g = g * h[1] + h[2] * p;
    s[0] = h[3] * s[0] + h[4] * (g * g);
    p = p - h[0] * (g / (sqrt(s[0]) + h[5]));
})
ROW(RmsPropMomentum, 2, {
    g = g * h[1] + h[2] * p;
    s[0] = h[3] * s[0] + h[4] * (g * g);
    s[1] = h[6] * s[1] + g / (sqrt(s[0]) + h[5]);
    p = p - h[0] * s[1];
})
ROW(RmsPropCentered, 2, {
    g = g * h[1] + h[2] * p;
    s[0] = h[3] * s[0] + h[4] * (g * g);
    s[1] = lerp(s[1], g, h[4]);
    p = p - h[0] * (g / (sqrt(s[0] - s[1] * s[1]) + h[5]));
})
ROW(RmsPropCenteredMomentum, 3, {
    g = g * h[1] + h[2] * p;
    s[0] = h[3] * s[0] + h[4] * (g * g);
    s[2] = lerp(s[2], g, h[4]);
    s[1] = h[6] * s[1] + g / (sqrt(s[0] - s[2] * s[2]) + h[5]);
    p = p - h[0] * s[1];
})
ROW(Rprop, 2, {
    g = g * h[0];
    C agreement = g * s[0];
    C factor = agreement < C(0) ? h[1] : agreement > C(0) ? h[2] : C(1);
    s[1] = minimum(maximum(s[1] * factor, h[3]), h[4]);
    s[0] = agreement < C(0) ? C(0) : g;
    p = p - sign(s[0]) * s[1];
})
ROW(Asgd, 1, {
    p = p * h[2] - h[0] * (g * h[1] + h[3] * p);
    s[0] = lerp(s[0], p, h[4]);
})
