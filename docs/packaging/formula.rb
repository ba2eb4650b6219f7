# A formula for Homebrew, to be put into a tap as Formula/venvfix.rb. `make dist` makes the archive; url is where it
# is published, sha256 the one in SHA256SUMS.
class Venvfix < Formula
  desc "Find and repair the non-portable parts of Python environments"
  homepage "https://example.org/venvfix"
  url "https://example.org/venvfix/venvfix-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "tomlplusplus" => :build
  depends_on "jansson"
  depends_on "libarchive"
  depends_on "libdeflate"
  depends_on "libelf" if OS.mac?
  depends_on "elfutils" if OS.linux?
  depends_on "openssl@3"
  depends_on "pcre2"
  depends_on "zstd"

  def install
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    system "python3", "-m", "venv", testpath/"env"
    assert_match "works here           yes", shell_output("#{bin}/venvfix check #{testpath}/env", 1)
  end
end
