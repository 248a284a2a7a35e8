"""Single operations in PyTorch: the peer of bench.elementwise, bench.rows and bench.adamw."""
import torch
import torch.nn.functional as F

from serving import arguments, serve

ROWS, WIDTH = 16640, 768


def work(case):
    x, y, g = (torch.randn(ROWS, WIDTH) for _ in range(3))
    b, w = torch.randn(WIDTH), torch.randn(WIDTH)
    if case == "elementwise":

        def statement():
            h = x + b
            return h * torch.sigmoid(1.702 * h) * y

        return statement
    if case == "layer_norm":
        return lambda: F.layer_norm(x, (WIDTH,), w, b)
    if case == "softmax":
        return lambda: F.softmax(x, -1)
    if case == "attention_rows":
        scores, mask = x.view(-1, 64, 64), torch.full((64, 64), -torch.inf).triu(1)
        return lambda: F.softmax(0.125 * scores + mask, -1)
    if case.endswith("_backward"):
        leaf = x.requires_grad_()
        w.requires_grad_(), b.requires_grad_()
        result = F.softmax(leaf, -1) if case == "softmax_backward" else F.layer_norm(leaf, (WIDTH,), w, b)
        of = (leaf,) if case == "softmax_backward" else (leaf, w, b)
        return lambda: torch.autograd.grad(result, of, g, retain_graph=True)
    parameter = torch.nn.Parameter(torch.randn(1 << 24))
    parameter.grad = torch.randn(1 << 24)
    return torch.optim.AdamW([parameter], lr=1e-3, fused=True).step


if __name__ == "__main__":
    given = arguments()
    torch.set_num_threads(given.threads)
    if given.case.endswith("_backward"):
        serve(work(given.case))
    else:
        with torch.no_grad():
            serve(work(given.case))
