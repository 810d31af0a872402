// The names a caller wants of an object, as a tree of objects; the order of the last event's keys is remembered, because
// the events of one type nearly always come from one serialiser.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

struct ShapeEntry {
    std::string name;
    /// The name's first and last eight bytes; nearly all names have no others.
    uint64_t head = 0;
    uint64_t tail = 0;
    int32_t slot = -1;
    int32_t child = -1;
    bool defers = false;
    uint64_t seen = 0;

    void rename(std::string_view text) {
        name = std::string(text);
        name.reserve(16);
        head = word(name.data(), name.size());
        tail = name.size() > 8 ? word(name.data() + name.size() - 8, 8) : head;
    }

    /// Up to eight bytes as a number.
    static uint64_t word(const char *bytes, size_t count) {
        uint64_t word = 0;
        memcpy(&word, bytes, count < 8 ? count : 8);
        return word;
    }

    /// - text: has eight readable bytes, as all texts of the parser do.
    bool isNamed(std::string_view text) const {
        if (text.size() != name.size()) return false;
        if (text.empty()) return true;
        uint64_t first;
        memcpy(&first, text.data(), 8);
        if (text.size() < 8) return (first ^ head) << (64 - 8 * text.size()) == 0;
        if (first != head) return false;
        uint64_t last;
        memcpy(&last, text.data() + text.size() - 8, 8);
        return last == tail && (text.size() <= 16 || memcmp(text.data(), name.data(), text.size()) == 0);
    }
};

struct ShapeNode {
    std::string prefix;
    std::vector<ShapeEntry> entries;
    /// Open addressing over the entries' names: entry + 1, 0 where empty.
    std::vector<uint32_t> table;
    /// The entry that stood at each position last time, -1 where it was undeclared.
    std::vector<int32_t> predicted;

    static uint32_t hash(std::string_view name) {
        uint32_t hash = 2166136261u;
        for (char letter : name) hash = (hash ^ static_cast<uint8_t>(letter)) * 16777619u;
        return hash;
    }

    void rebuild() {
        size_t size = 8;
        while (size < entries.size() * 4) size *= 2;
        table.assign(size, 0);
        for (size_t index = 0; index < entries.size(); index++) {
            size_t slot = hash(entries[index].name) & (size - 1);
            while (table[slot] != 0) slot = (slot + 1) & (size - 1);
            table[slot] = static_cast<uint32_t>(index + 1);
        }
    }

    int32_t find(std::string_view name) const {
        if (table.empty()) return -1;
        size_t slot = hash(name) & (table.size() - 1);
        while (table[slot] != 0) {
            if (entries[table[slot] - 1].name == name) return static_cast<int32_t>(table[slot] - 1);
            slot = (slot + 1) & (table.size() - 1);
        }
        return -1;
    }

    /// The entry of a name at a position: first the one that stood there last time.
    __attribute__((always_inline)) int32_t match(uint32_t position, std::string_view name) {
        if (position < predicted.size()) {
            int32_t guess = predicted[position];
            if (guess >= 0 && entries[static_cast<size_t>(guess)].isNamed(name)) return guess;
        }
        return search(position, name);
    }

    __attribute__((noinline)) int32_t search(uint32_t position, std::string_view name) {
        int32_t found = find(name);
        // Positions past the declared names and some more are not worth remembering.
        if (position < entries.size() + 16) {
            if (position >= predicted.size()) predicted.resize(position + 1, -1);
            predicted[position] = found;
        }
        return found;
    }
};

struct caliber_json_shape {
    std::vector<ShapeNode> nodes = std::vector<ShapeNode>(1);
    /// Which read this is: an entry that was seen in it was named twice.
    uint64_t readCount = 0;

    ShapeEntry &entry(size_t node, std::string_view name) {
        int32_t found = nodes[node].find(name);
        if (found < 0) {
            ShapeEntry fresh;
            fresh.rename(name);
            nodes[node].entries.push_back(fresh);
            nodes[node].rebuild();
            found = static_cast<int32_t>(nodes[node].entries.size() - 1);
        }
        return nodes[node].entries[static_cast<size_t>(found)];
    }

    void add(std::string_view path, uint32_t slot, bool splits, bool defers) {
        size_t node = 0;
        size_t dot = path.find('.');
        while (splits && dot != std::string_view::npos) {
            std::string_view head = path.substr(0, dot);
            if (entry(node, head).child < 0) {
                ShapeNode child;
                child.prefix = nodes[node].prefix + std::string(head) + ".";
                int32_t index = static_cast<int32_t>(nodes.size());
                nodes.push_back(child);
                entry(node, head).child = index;
            }
            node = static_cast<size_t>(entry(node, head).child);
            path = path.substr(dot + 1);
            dot = path.find('.');
        }
        ShapeEntry &leaf = entry(node, path);
        leaf.slot = static_cast<int32_t>(slot);
        leaf.defers = defers;
    }
};
