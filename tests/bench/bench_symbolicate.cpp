// A program of the bench's own: templates inlined into each other, so that
// most addresses have a chain. 256 functions of each of four shapes.
#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace shapes
{
template <int N> struct Table {
    std::map<std::string, std::vector<int>> rows;

    __attribute__((noinline)) void add(const std::string &key, int value)
    {
        rows[key + std::to_string(N)].push_back(value * N);
    }

    __attribute__((noinline)) int sum() const
    {
        int total = N;
        for (const auto &row : rows)
            total += std::accumulate(row.second.begin(), row.second.end(), N);
        return total;
    }

    __attribute__((noinline)) std::vector<int> sorted() const
    {
        std::vector<int> all;
        for (const auto &row : rows)
            all.insert(all.end(), row.second.begin(), row.second.end());
        std::sort(all.begin(), all.end(),
                  [](int a, int b) { return a % (N + 2) < b % (N + 2); });
        return all;
    }
};

template <int N> __attribute__((noinline)) int use(int seed)
{
    Table<N> table;
    for (int i = 0; i < seed; i++)
        table.add(std::to_string(i), i);
    auto all = table.sorted();
    return table.sum() + (all.empty() ? 0 : all.back());
}

template <int... N> int use_all(int seed, std::integer_sequence<int, N...>)
{
    return (use<N>(seed) + ...);
}
} // namespace shapes

int main(int argc, char **)
{
    return shapes::use_all(argc, std::make_integer_sequence<int, 256>()) & 1;
}
