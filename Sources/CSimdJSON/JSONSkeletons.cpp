#include "CSimdJSON.h"

#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "SkeletonCutting.h"
#include "TextScan.h"

namespace {

/// A literal piece and the hole after it. What may come after the hole are its children: the skeletons are a tree, in
/// which those that begin alike share their beginnings.
struct Node {
    static constexpr uint32_t endKind = CALIBER_HOLE_BOOLEAN + 1;

    /// With eight bytes more than it has.
    std::string piece;
    size_t length = 0;
    uint32_t kind = endKind;
    /// The skeleton that ends here; -1 where a hole follows.
    int32_t skeleton = -1;
    std::vector<uint32_t> children;
    /// Where the children's pieces begin to differ, and the eight bytes of each there.
    size_t branch = 0;
    std::vector<uint64_t> words;
    std::vector<uint64_t> masks;
};

uint64_t wordAt(const void *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

uint64_t maskOf(size_t count) { return count >= 8 ? ~0ULL : (1ULL << (8 * count)) - 1; }

/// Both have eight readable bytes past the count.
inline bool areEqual(const uint8_t *left, const char *right, size_t count) {
    while (count >= 8) {
        if (wordAt(left) != wordAt(right)) return false;
        left += 8;
        right += 8;
        count -= 8;
    }
    return ((wordAt(left) ^ wordAt(right)) & maskOf(count)) == 0;
}

inline const uint8_t *endOfHole(uint32_t kind, const uint8_t *at, const uint8_t *end) {
    switch (kind) {
    case CALIBER_HOLE_TEXT:
        return endOfText(at, end);
    case CALIBER_HOLE_NUMBER:
        return endOfNumber(at);
    default:
        return endOfBoolean(at);
    }
}

}  // namespace

struct caliber_skeletons {
    /// The first has no piece and no hole; its children begin the lines.
    std::vector<Node> nodes = std::vector<Node>(1);
    std::vector<SkeletonCut> skeletons;

    uint32_t child(uint32_t parent, const std::string &piece, uint32_t kind) {
        for (uint32_t index : nodes[parent].children)
            if (nodes[index].kind == kind && std::string_view(nodes[index].piece.data(), nodes[index].length) == piece)
                return index;
        Node fresh;
        fresh.piece = piece;
        fresh.length = piece.size();
        fresh.piece.append(8, '\0');
        fresh.kind = kind;
        nodes.push_back(fresh);
        uint32_t index = static_cast<uint32_t>(nodes.size() - 1);
        nodes[parent].children.push_back(index);
        describeBranches(nodes[parent]);
        return index;
    }

    void describeBranches(Node &node) {
        const Node &first = nodes[node.children.front()];
        node.branch = first.length;
        for (uint32_t index : node.children) {
            const Node &other = nodes[index];
            size_t shared = 0;
            while (shared < node.branch && shared < other.length && first.piece[shared] == other.piece[shared])
                shared++;
            node.branch = shared;
        }
        node.words.clear();
        node.masks.clear();
        for (uint32_t index : node.children) {
            const Node &other = nodes[index];
            node.masks.push_back(maskOf(other.length - node.branch));
            node.words.push_back(wordAt(other.piece.data() + node.branch) & node.masks.back());
        }
    }
};

extern "C" {

caliber_skeletons *caliber_skeletons_create(void) { return new (std::nothrow) caliber_skeletons(); }

void caliber_skeletons_destroy(caliber_skeletons *skeletons) { delete skeletons; }

int32_t caliber_skeletons_learn(
    caliber_skeletons *skeletons, const uint8_t *line, size_t length, const char *const *fixed, size_t fixed_count) {
    try {
        SkeletonCutting cutting(line, length, fixed, fixed_count);
        if (!cutting.run()) return -1;
        uint32_t node = 0;
        bool isFull = skeletons->skeletons.size() >= CALIBER_SKELETON_LIMIT;
        size_t holeCount = cutting.cut.kinds.size();
        for (size_t piece = 0; piece <= holeCount; piece++) {
            uint32_t kind = piece < holeCount ? cutting.cut.kinds[piece] : Node::endKind;
            if (isFull) return -1;
            node = skeletons->child(node, cutting.cut.pieces[piece], kind);
        }
        if (skeletons->nodes[node].skeleton < 0) {
            skeletons->nodes[node].skeleton = static_cast<int32_t>(skeletons->skeletons.size());
            skeletons->skeletons.push_back(cutting.cut);
        }
        return skeletons->nodes[node].skeleton;
    } catch (const std::bad_alloc &) {
        return -1;
    }
}

int32_t caliber_skeletons_match(
    const caliber_skeletons *skeletons, const uint8_t *line, size_t length, caliber_hole *holes) {
    const uint8_t *end = line + length;
    const uint8_t *at = line;
    const Node *nodes = skeletons->nodes.data();
    const Node *node = nodes;
    while (true) {
        // A hole's end may have been found past the line's, where other bytes are.
        if (end - at < static_cast<ptrdiff_t>(node->branch)) return -1;
        size_t rest = static_cast<size_t>(end - at);
        uint64_t word = wordAt(at + node->branch);
        const Node *next = nullptr;
        const uint8_t *start = nullptr;
        const uint8_t *stop = nullptr;
        for (size_t index = 0; index < node->children.size(); index++) {
            if (((word ^ node->words[index]) & node->masks[index]) != 0) continue;
            const Node *candidate = nodes + node->children[index];
            if (rest < candidate->length || !areEqual(at, candidate->piece.data(), candidate->length)) continue;
            start = at + candidate->length;
            if (candidate->kind == Node::endKind) {
                if (start == end) return candidate->skeleton;
                continue;
            }
            stop = endOfHole(candidate->kind, start, end);
            if (stop == nullptr) continue;
            next = candidate;
            break;
        }
        if (next == nullptr) return -1;
        holes->start = static_cast<uint32_t>(start - line);
        holes->length = static_cast<uint32_t>(stop - start);
        holes++;
        at = stop;
        node = next;
    }
}

size_t caliber_skeletons_count(const caliber_skeletons *skeletons) { return skeletons->skeletons.size(); }

size_t caliber_skeleton_hole_count(const caliber_skeletons *skeletons, int32_t skeleton) {
    return skeletons->skeletons[static_cast<size_t>(skeleton)].kinds.size();
}

const char *caliber_skeleton_path(
    const caliber_skeletons *skeletons, int32_t skeleton, size_t hole, size_t *length) {
    const std::string &path = skeletons->skeletons[static_cast<size_t>(skeleton)].paths[hole];
    *length = path.size();
    return path.data();
}

caliber_hole_kind caliber_skeleton_kind(const caliber_skeletons *skeletons, int32_t skeleton, size_t hole) {
    return static_cast<caliber_hole_kind>(skeletons->skeletons[static_cast<size_t>(skeleton)].kinds[hole]);
}

const char *caliber_skeleton_piece(
    const caliber_skeletons *skeletons, int32_t skeleton, size_t piece, size_t *length) {
    const std::string &text = skeletons->skeletons[static_cast<size_t>(skeleton)].pieces[piece];
    *length = text.size();
    return text.data();
}

void caliber_holes_read(
    const uint8_t *line, const caliber_hole *holes, const caliber_binding *bindings, size_t count,
    caliber_json_value *values) {
    for (size_t index = 0; index < count; index++) {
        const caliber_binding &binding = bindings[index];
        const caliber_hole &hole = holes[binding.hole];
        caliber_json_value &value = values[binding.slot];
        value.text = reinterpret_cast<const char *>(line + hole.start);
        value.length = hole.length;
        switch (binding.kind) {
        case CALIBER_HOLE_TEXT:
            value.kind = CALIBER_JSON_STRING;
            break;
        case CALIBER_HOLE_NUMBER:
            readNumber(line + hole.start, hole.length, value);
            break;
        default:
            value.bits = hole.length == 4;
            value.kind = CALIBER_JSON_BOOLEAN;
        }
    }
}

}  // extern "C"
