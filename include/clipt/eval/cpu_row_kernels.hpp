// Operations along the last axis on the CPU: the rule of each, and the kernel of all.
#pragma once
#include <clipt/eval/canonical.hpp>      // canonical_rows
#include <clipt/eval/cpu_row_rules.hpp>  // softmax_rule, ...
#include <clipt/eval/cpu_rows.hpp>       // forward_rows, backward_rows

namespace clipt::inline CLIPT_BUILD {

/// What an op does to one row on the CPU.
template <class Op, class C>
struct cpu_rule;
template <class C>
struct cpu_rule<ops::softmax, C> : on_cpu::softmax_rule<C> {};
template <class C>
struct cpu_rule<ops::log_softmax, C> : on_cpu::log_softmax_rule<C> {};
template <class C>
struct cpu_rule<ops::log_sum_exp, C> : on_cpu::log_sum_exp_rule<C> {};
template <class C>
struct cpu_rule<ops::l2_normalize, C> : on_cpu::l2_normalize_rule<C> {};
template <class C>
struct cpu_rule<ops::rms_normalize, C> : on_cpu::rms_normalize_rule<C> {};
template <class C>
struct cpu_rule<ops::row_sum, C> : on_cpu::sum_rule<C> {};
template <class C>
struct cpu_rule<ops::row_max, C> : on_cpu::max_rule<C> {};
template <class C>
struct cpu_rule<ops::row_argmax, C> : on_cpu::argmax_rule<C> {};
template <class C>
struct cpu_rule<ops::cross_entropy, C> : on_cpu::cross_entropy_rule<C> {};

/// Every op with a rule runs on the CPU by the same two loops. `params` are the rule's own members.
template <class Op>
requires requires { sizeof(cpu_rule<Op, float>); }
struct kernel<Op, cpu> {
  template <class Context, class E, class O, class Out, class C, class... Params>
  static void forward(Context& ctx, const E& e, const O& o, const Out& out, C* saved, Params... params) {
    static_assert(cpu_rule<Op, C>::saved == Op::saved_per_row,
                  "clipt: a rule saves as many numbers per row as the operation's tag says: it saves another number");
    const auto rows = on_cpu::canonical_rows(e, o);
    on_cpu::forward_rows(cpu_rule<Op, C>{{params...}}, rows.expression, rows.space, out.data(),
                         out.size() / std::max<dim_t>(1, o.rows()), saved, ctx.threads());
  }
  template <class Context, class E, class O, class Out, class G, class C, class... Params>
  static void backward(Context& ctx, const E& e, const O& o, const Out& out, const G& g, const C* saved,
                       Params... params) {
    const auto rows = on_cpu::canonical_rows(e, o);
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    on_cpu::backward_rows(cpu_rule<Op, C>{{params...}}, rows.space, out.data(), g.data(),
                          out.size() / std::max<dim_t>(1, o.rows()), saved, ctx, pass);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
