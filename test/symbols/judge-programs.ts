import fs from 'node:fs';
import path from 'node:path';
import { run } from './native.ts';
import { writeSources } from './programs.ts';

const CPP = `
extern "C" int puts(const char *);
namespace shapes {
enum class Colour { red, green = 5 };
struct Point { int x, y; Point(int a, int b) : x(a), y(b) {} };
class Shape {
public:
  virtual ~Shape() {}
  virtual int area() const = 0;
  Colour colour = Colour::red;
protected:
  static int made;
  unsigned flags : 3 = 1;
};
int Shape::made;
class Box : public Shape {
public:
  Box(int w, int h) : corner(w, h) { made++; }
  ~Box() override { made--; }
  int area() const override { return corner.x * corner.y; }
  bool operator==(const Box &other) const { return area() == other.area(); }
private:
  Point corner;
};
template <typename T, int N> struct Stack {
  T items[N]; int top = 0;
  void push(T item) { if (top == N) throw item; items[top++] = item; }
  T pop() { return items[--top]; }
};
namespace { int hidden(int x) { return x * 3; } }
int total(const Shape *const *all, int count) {
  int sum = hidden(count);
  for (int i = 0; i < count; i++) sum += all[i]->area();
  auto twice = [&sum](int k) { return sum + k; };
  return twice(sum);
}
}
int main(int argc, char **) {
  shapes::Box one(argc, 4), two(2, argc);
  const shapes::Shape *all[] = { &one, &two };
  shapes::Stack<long, 4> stack;
  try { for (int i = 0; i < argc + 1; i++) stack.push(shapes::total(all, 2)); } catch (long value) { puts("full"); }
  return one == two ? (int)stack.pop() : 1;
}
`;

/** A program of the judges: what builds it, and with which options. */
export interface JudgeProgram {
  readonly title: string;
  readonly file: string;
}

const C = ['main.c', 'lib/shapes.c'];
const CXX = ['boxes.cpp'];

const programs: [compiler: string, sources: string[], flags: string, after?: 'dwz'][] = [
  ['gcc', C, '-O0 -gdwarf-2 -gstrict-dwarf'],
  ['gcc', C, '-O1 -gdwarf-3'],
  ['gcc', C, '-O0 -gdwarf-4'],
  ['gcc', C, '-O2 -gdwarf-5'],
  ['gcc', C, '-O3 -gdwarf-5 -gdwarf64'],
  ['gcc', C, '-O2 -gdwarf-4 -gdwarf64 -gz'],
  ['gcc', C, '-O1 -gdwarf-5 -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables'],
  ['g++', CXX, '-O0 -gdwarf-5'],
  ['g++', CXX, '-O2 -gdwarf-4 -fdebug-types-section'],
  ['g++', CXX, '-O3 -gdwarf-5 -fdebug-types-section -gz=zlib'],
  ['g++', CXX, '-O1 -gdwarf-4', 'dwz'],
  ['clang', C, '-O0 -gdwarf-5'],
  ['clang', C, '-O2 -gdwarf-4'],
  ['clang', C, '-O3 -gdwarf-5 -gdwarf64'],
  ['clang++', CXX, '-O0 -gdwarf-4'],
  ['clang++', CXX, '-O2 -gdwarf-5 -gz'],
  ['clang++', CXX, '-O3 -gdwarf-5 -fdebug-types-section'],
];

/** Builds the programs in `folder`, by several compilers, optimisations and kinds of debug information. */
export function judgePrograms(folder: string): JudgeProgram[] {
  writeSources(folder);
  fs.writeFileSync(path.join(folder, 'boxes.cpp'), CPP);
  return programs.map(([compiler, sources, flags, after], number) => {
    const file = path.join(folder, `judged-${number}`);
    run(compiler, [...flags.split(' '), ...sources, '-o', file], folder);
    if (after) run(after, [file], folder);
    return { title: `${compiler} ${flags}${after ? `, ${after}` : ''}`, file };
  });
}
