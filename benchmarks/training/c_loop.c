/* Training in plain C: one sample after the other, no library but libm.

   Θ is laid out as in bptui: layer after layer, (s_{l+1}, s_l + 1), column 0 the bias.
   REAL is float or double, and EXP, LOG and TANH its functions. */

#include <math.h>
#include <string.h>

enum { SIGMOID, TANH_, RELU };

static REAL activate(int kind, REAL z) {
    if (kind == SIGMOID) return 1 / (1 + EXP(-z));
    if (kind == TANH_) return TANH(z);
    return z > 0 ? z : 0;
}

static REAL slope(int kind, REAL a) {
    if (kind == SIGMOID) return a * (1 - a);
    if (kind == TANH_) return 1 - a * a;
    return a > 0 ? 1 : 0;
}

/* One layer for one sample: z = Θ [1, source]. */
static void layer_sums(const REAL *theta, const REAL *source, REAL *z, int inputs, int outputs) {
    for (int i = 0; i < outputs; i++) {
        const REAL *row = theta + (long)i * (inputs + 1);
        REAL sum = row[0];
        for (int j = 0; j < inputs; j++) sum += row[j + 1] * source[j];
        z[i] = sum;
    }
}

/* Turn z of the output layer into outputs and then into δ, and return the cost. */
static double output_delta(REAL *a, const REAL *y, int outputs, int cross_entropy, REAL mean) {
    double cost = 0;
    if (cross_entropy) {
        REAL largest = a[0], total = 0;
        for (int i = 1; i < outputs; i++) if (a[i] > largest) largest = a[i];
        for (int i = 0; i < outputs; i++) { a[i] = EXP(a[i] - largest); total += a[i]; }
        for (int i = 0; i < outputs; i++) {
            a[i] /= total;
            if (y[i] > 0) cost -= y[i] * LOG(a[i]);
            a[i] = (a[i] - y[i]) * mean;
        }
        return cost * mean;
    }
    for (int i = 0; i < outputs; i++) {
        REAL output = activate(SIGMOID, a[i]), error = output - y[i];
        cost += error * error;
        a[i] = 2 * mean * error * slope(SIGMOID, output);
    }
    return cost * mean;
}

/* One step with `count` samples, those whose numbers are in `rows`; returns the cost before it.
   `a` and `d` have room for the activations and deltas of all layers of one sample. */
static double step(REAL *theta, REAL *gradient, REAL *a, REAL *d, const REAL *X, const REAL *y,
                   const long *rows, int count, const int *sizes, int layers, int kind,
                   int cross_entropy, REAL learning_rate) {
    long parameters = 0;
    for (int l = 0; l < layers; l++) parameters += (long)sizes[l + 1] * (sizes[l] + 1);
    memset(gradient, 0, parameters * sizeof(REAL));
    int outputs = sizes[layers];
    REAL mean = 1 / (REAL)(cross_entropy ? count : count * outputs);
    double cost = 0;
    for (int n = 0; n < count; n++) {
        const REAL *input = X + rows[n] * sizes[0], *source = input;
        const REAL *weights = theta;
        REAL *z = a;
        for (int l = 0; l < layers; l++) {
            layer_sums(weights, source, z, sizes[l], sizes[l + 1]);
            if (l < layers - 1)
                for (int i = 0; i < sizes[l + 1]; i++) z[i] = activate(kind, z[i]);
            weights += (long)sizes[l + 1] * (sizes[l] + 1);
            source = z;
            z += sizes[l + 1];
        }
        z -= outputs;
        cost += output_delta(z, y + rows[n] * outputs, outputs, cross_entropy, mean);
        memcpy(d + (z - a), z, outputs * sizeof(REAL));
        REAL *delta = d + (z - a), *slopes = gradient + parameters;
        for (int l = layers - 1; l >= 0; l--) {
            int below = sizes[l];
            weights -= (long)sizes[l + 1] * (below + 1);
            slopes -= (long)sizes[l + 1] * (below + 1);
            const REAL *units = l ? z - below : input;
            for (int i = 0; i < sizes[l + 1]; i++) {
                REAL *row = slopes + (long)i * (below + 1), factor = delta[i];
                row[0] += factor;
                for (int j = 0; j < below; j++) row[j + 1] += factor * units[j];
            }
            if (l) {
                REAL *next = delta - below;
                memset(next, 0, below * sizeof(REAL));
                for (int i = 0; i < sizes[l + 1]; i++) {
                    const REAL *row = weights + (long)i * (below + 1) + 1;
                    for (int j = 0; j < below; j++) next[j] += row[j] * delta[i];
                }
                for (int j = 0; j < below; j++) next[j] *= slope(kind, units[j]);
                delta = next;
                z -= below;
            }
        }
    }
    for (long p = 0; p < parameters; p++) theta[p] -= learning_rate * gradient[p];
    return cost;
}

/* Some epochs; `order` holds the numbers of the samples and is shuffled in place where there are
   minibatches. The cost of every epoch goes to `costs`. */
void train(REAL *theta, REAL *gradient, REAL *a, REAL *d, const REAL *X, const REAL *y,
           long *order, int samples, int batch, const int *sizes, int layers, int kind,
           int cross_entropy, REAL learning_rate, long epochs, double *costs,
           unsigned long long *state) {
    for (long e = 0; e < epochs; e++) {
        if (batch < samples)
            for (long n = samples - 1; n > 0; n--) {
                *state ^= *state << 13; *state ^= *state >> 7; *state ^= *state << 17;
                long other = (long)(*state % (unsigned long long)(n + 1)), kept = order[n];
                order[n] = order[other];
                order[other] = kept;
            }
        double total = 0;
        for (int start = 0; start < samples; start += batch) {
            int count = samples - start < batch ? samples - start : batch;
            total += count * step(theta, gradient, a, d, X, y, order + start, count, sizes, layers,
                                  kind, cross_entropy, learning_rate);
        }
        costs[e] = total / samples;
    }
}
